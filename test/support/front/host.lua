-- Stands in for nginx and Kong: luajit host.lua SCRIPT HANDLER runs a handler's phases and prints as JSON what came of it.
local script = dofile(arg[1])

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\" }
local function json(value)
  if type(value) == "string" then
    -- Bytes, each as the character of its number.
    return '"' .. value:gsub('[%c"\\\127-\255]', function(c)
      return ESCAPES[c] or ("\\u%04x"):format(c:byte())
    end) .. '"'
  end
  if type(value) ~= "table" then return value == nil and "null" or tostring(value) end
  local parts = {}
  if value[1] ~= nil or next(value) == nil then
    for i = 1, value.n or #value do parts[i] = json(value[i]) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, each in pairs(value) do
    if key ~= "n" then parts[#parts + 1] = json(tostring(key)) .. ":" .. json(each) end
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

local seen = { calls = {}, sent = {}, kept = 0, closed = 0, logs = {}, connects = 0, slept = 0, timeouts = {} }
local EXITED = {}
local now = 1000

local function recorded(name)
  return function(...)
    seen.calls[#seen.calls + 1] = { name, ... }
    if script.raises == name then error(name .. " is not for this phase") end
    if name == "kong.response.exit" then error(EXITED) end
  end
end

-- Any function of the PDK: a getter gives what the script has under its name, all else is written down.
local function namespace(path)
  return setmetatable({}, {
    __index = function(self, key)
      local name = path .. "." .. key
      local got = script.getters[name]
      local found
      if got ~= nil then
        found = function(arg) return unpack(got[arg ~= nil and tostring(arg) or ""] or got, 1, 2) end
      elseif name:find("%.[gs]et_%w") or name:find("%.%w+_header") or name == "kong.response.exit" then
        found = recorded(name)
      else
        found = namespace(name)
      end
      rawset(self, key, found)
      return found
    end,
  })
end

kong = namespace("kong")
rawset(kong, "configuration", { pluginservers = script.pluginservers })
rawset(kong, "ctx", { shared = script.shared or {} })
rawset(kong, "log", setmetatable({}, {
  __index = function(_, level)
    return function(...)
      local parts = { ... }
      for i = 1, select("#", ...) do parts[i] = tostring(parts[i]) end
      seen.logs[#seen.logs + 1] = { level, table.concat(parts) }
    end
  end,
}))

local Socket = {}
Socket.__index = Socket
function Socket:settimeouts(...) seen.timeouts = { ... } end
function Socket:connect(path, options)
  seen.connects = seen.connects + 1
  seen.path, seen.pool = path, options
  local connection = table.remove(script.connections, 1) or { refused = "connection refused" }
  if connection.refused then return nil, connection.refused end
  self.connection, self.data = connection, table.concat(connection.data or {})
  return 1
end
function Socket:getreusedtimes() return self.connection.reused or 0 end
function Socket:send(pieces)
  if self.connection.unsent then return nil, self.connection.unsent end
  seen.sent[#seen.sent + 1] = table.concat(pieces)
  return 1
end
function Socket:receive(bytes)
  if #self.data < bytes then return nil, self.connection.ends or "closed" end
  local got = self.data:sub(1, bytes)
  self.data = self.data:sub(bytes + 1)
  return got
end
function Socket:setkeepalive() seen.kept = seen.kept + 1 end
function Socket:close() seen.closed = seen.closed + 1 end

local timers = {}
ngx = {
  var = script.vars or {},
  req = {
    get_body_file = function() return script.bodyFile end,
    clear_header = function(name) seen.calls[#seen.calls + 1] = { "ngx.req.clear_header", name } end,
  },
  socket = { tcp = function()
    if script.noSockets then error("API disabled in this phase") end
    return setmetatable({}, Socket)
  end },
  timer = { at = function(_, call) timers[#timers + 1] = call end },
  md5 = function(text) return ("%08x"):format(#text) .. text:gsub("[^%w]", "") end,
  now = function() return now end,
  sleep = function(seconds) seen.slept = seen.slept + seconds end,
}
package.preload["cjson.safe"] = function()
  return { encode = json, decode = function(text) return { decoded = text } end }
end

local handler = assert(loadfile(arg[2]))()
seen.handler = { PRIORITY = handler.PRIORITY, VERSION = handler.VERSION }
for _ = 1, script.events or 1 do
  local ok, failure = pcall(handler[script.phase], handler, script.conf)
  if not ok and failure ~= EXITED then seen.failure = tostring(failure) end
  now = now + (script.secondsBetween or 0)
end
script.noSockets = false
for _, call in ipairs(timers) do call(false) end
seen.shared = kong.ctx.shared
print(json(seen))
