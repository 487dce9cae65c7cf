-- wrk's requests, by turns: REQUESTS has for each a line with its body's file, and one with its cookie. LuaJIT's hash reads
-- only a few bytes of a string, so that one request over and over again would flatter whatever runs in Lua.

local requests, turn = {}, 0

wrk.method = "POST"
for line in os.getenv("HEADERS"):gmatch("[^\n]+") do
  local name, value = line:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
end

function init()
  for body, cookie in os.getenv("REQUESTS"):gmatch("([^\n]+)\n([^\n]+)") do
    local file = assert(io.open(body, "rb"))
    wrk.headers.cookie = cookie
    requests[#requests + 1] = wrk.format(nil, nil, nil, file:read("*a"))
    file:close()
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end
