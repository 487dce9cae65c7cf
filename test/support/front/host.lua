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

local seen = { calls = {}, sent = {}, writes = 0, closed = 0, logs = {}, connects = 0, took = {}, timeouts = {} }
local EXITED = {}
local began = 1000
local now = began

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

-- Threads go on until they wait, as in nginx. When all of them wait, time passes.
local ready, waiting, current = {}, {}, nil

local function spawn(call, isEvent, ...)
  local thread = { isEvent = isEvent, co = coroutine.create(call), results = { ... } }
  ready[#ready + 1] = thread
  return thread
end

local function wake(thread, ...)
  waiting[thread] = nil
  thread.results = { ... }
  ready[#ready + 1] = thread
end

local function wait(seconds)
  if script.isLogPhase and current.isEvent then error("API disabled in this phase") end
  waiting[current] = now + seconds
  return coroutine.yield()
end

local function runAll()
  while true do
    local thread = table.remove(ready, 1)
    if thread == nil then
      local first
      for each, at in pairs(waiting) do
        if first == nil or at < waiting[first] then first = each end
      end
      if first == nil then return end
      now = math.max(now, waiting[first])
      wake(first, nil, "timeout")
    elseif not thread.killed then
      current = thread
      local ok, failure = coroutine.resume(thread.co, unpack(thread.results))
      if not ok then error(failure) end
    end
  end
end

local Semaphore = {}
Semaphore.__index = Semaphore
function Semaphore:post()
  local thread = table.remove(self.threads, 1)
  if thread == nil then self.posts = self.posts + 1 else wake(thread, true) end
end
function Semaphore:wait(seconds)
  if self.posts > 0 then
    self.posts = self.posts - 1
    return true
  end
  local thread = current
  self.threads[#self.threads + 1] = thread
  local ok, cause = wait(seconds)
  for i, each in ipairs(self.threads) do
    if each == thread then table.remove(self.threads, i) end
  end
  return ok, cause
end

local Socket = {}
Socket.__index = Socket
function Socket:settimeouts(...) seen.timeouts = { ... } end
function Socket:connect(path)
  seen.connects = seen.connects + 1
  seen.path = path
  local connection = table.remove(script.connections, 1) or { refused = "connection refused" }
  if connection.refused then return nil, connection.refused end
  self.connection, self.buffer, self.sent, self.released = connection, "", 0, 0
  return 1
end
function Socket:send(frames)
  local connection = self.connection
  if not connection.unsent then
    seen.writes = seen.writes + 1
    for _, pieces in ipairs(frames) do seen.sent[#seen.sent + 1] = table.concat(pieces) end
    self.sent = self.sent + #frames
    self.sentAt = self.sentAt or now
    if self.reader then wake(self.reader) end
  end
  if connection.sendingTakes then wait(connection.sendingTakes) end
  if connection.unsent then
    self.isBroken = connection.unsent ~= "timeout"
    if self.reader then wake(self.reader) end
    return nil, connection.unsent
  end
  return 1
end
-- Each piece of the data comes after one more frame, or, once there is one, after some more seconds.
function Socket:receive(count)
  local data, every = self.connection.data or {}, self.connection.secondsBetween
  while true do
    local due = self.sent
    if every and self.sentAt then due = math.floor((now - self.sentAt) / every) + 1 end
    while self.released < math.min(due, #data) do
      self.released = self.released + 1
      self.buffer = self.buffer .. data[self.released]
    end
    if #self.buffer >= count then
      local got = self.buffer:sub(1, count)
      self.buffer = self.buffer:sub(count + 1)
      return got
    end
    local part = self.buffer
    local isOver = self.connection.ends == "closed" and self.sent > 0 and self.released == #data
    if self.isBroken or isOver then return nil, "closed", part end
    self.reader = current
    local look = seen.timeouts[3] / 1000
    local pause = every and self.sentAt and self.released < #data and self.sentAt + self.released * every - now
    local _, cause = wait(math.min(look, pause or look))
    self.reader = nil
    if cause and not (pause and pause <= look) then
      self.buffer = ""
      return nil, cause, part
    end
  end
end
function Socket:close() seen.closed = seen.closed + 1 end

ngx = {
  var = script.vars or {},
  req = {
    get_body_file = function() return script.bodyFile end,
    clear_header = function(name) seen.calls[#seen.calls + 1] = { "ngx.req.clear_header", name } end,
  },
  socket = { tcp = function() return setmetatable({}, Socket) end },
  thread = {
    spawn = function(call, ...) return spawn(call, current.isEvent, ...) end,
    kill = function(thread)
      thread.killed = true
      waiting[thread] = nil
    end,
  },
  timer = { at = function(_, call)
    if script.noTimer then return nil, script.noTimer end
    script.lostTimers = (script.lostTimers or 0) - 1
    if script.lostTimers < 0 then spawn(call, false, false) end
    return 1
  end },
  worker = { exiting = function() return now - began >= (script.exitsAfter or math.huge) end },
  md5 = function(text) return ("%08x"):format(#text) .. text:gsub("[^%w]", "") end,
  now = function() return now end,
  sleep = function(seconds) wait(seconds) end,
}
package.preload["cjson.safe"] = function()
  return { encode = json, decode = function(text) return { decoded = text } end }
end
package.preload["ngx.semaphore"] = function()
  return { new = function(posts) return setmetatable({ posts = posts, threads = {} }, Semaphore) end }
end

local handler = assert(loadfile(arg[2]))()
seen.handler = { PRIORITY = handler.PRIORITY, VERSION = handler.VERSION }
local function event(after)
  if after > 0 then wait(after) end
  local at = now
  local ok, failure = pcall(handler[script.phase], handler, script.conf)
  if not ok and failure ~= EXITED then seen.failure = tostring(failure) end
  seen.took[#seen.took + 1] = now - at
end
for i = 0, (script.events or 1) - 1 do spawn(event, true, i * (script.secondsBetween or 0)) end
runAll()
seen.lasted = now - began
seen.shared = kong.ctx.shared
print(json(seen))
