-- What a user would write instead of kinesis-ingest: the event's way in Lua, within nginx. For comparison only: it checks
-- nothing of what it is given, and rewrites numbers as Lua sees them.

local cjson = require "cjson.safe"
local sha256 = require "resty.sha256"
local hmac = require "resty.openssl.hmac"
local to_hex = require("resty.string").to_hex

local SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
local KEPT = { host = true, connection = true, ["content-length"] = true, ["content-type"] = true }
local SIGNED = "content-type;host;x-amz-date;x-amz-target"

local function keyed(key, text)
  return assert(hmac.new(key, "sha256")):final(text)
end

local function digest(text)
  local hash = sha256:new()
  hash:update(text)
  return to_hex(hash:final())
end

local key_day, key

local function signing_key(day, derive)
  if derive or day ~= key_day then
    key_day = day
    key = keyed(keyed(keyed(keyed("AWS4" .. SECRET, day), "us-east-1"), "kinesis"), "aws4_request")
  end
  return key
end

local Ingest = { PRIORITY = 750, VERSION = "0.1.0" }

function Ingest:access(conf)
  local body = kong.request.get_raw_body()
  local headers = kong.request.get_headers(1000)
  local sent = cjson.decode(body)
  if not sent then
    return kong.response.exit(400, { message = "no JSON" })
  end
  ngx.update_time()
  local now = ngx.now()
  local ip = kong.client.get_forwarded_ip()
  local received = os.date("!%Y-%m-%dT%H:%M:%S", now) .. string.format(".%03dZ", (now % 1) * 1000)
  local user

  local function record(event)
    event.ip = ip
    event.received_at = received
    event.user_agent = headers["user-agent"]
    event.referer = headers.referer
    event.user_id = event.user_id or event.anonymousId or "anonymous"
    user = event.user_id
    return '"PartitionKey":"' .. user .. '","Data":"' .. ngx.encode_base64(cjson.encode(event)) .. '"'
  end

  local call, operation
  if sent.batch then
    local records = {}
    for i, event in ipairs(sent.batch) do
      event.context = event.context or sent.context
      event.sentAt = sent.sentAt
      records[i] = "{" .. record(event) .. "}"
    end
    operation = "PutRecords"
    call = '{"StreamName":"clickstream","Records":[' .. table.concat(records, ",") .. "]}"
  else
    operation = "PutRecord"
    call = '{"StreamName":"clickstream",' .. record(sent) .. "}"
  end

  local date = os.date("!%Y%m%dT%H%M%SZ", now)
  local day = date:sub(1, 8)
  local host = conf.host .. ":" .. conf.port
  local target = "Kinesis_20131202." .. operation
  local canonical = "POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:" .. host .. "\nx-amz-date:" .. date
    .. "\nx-amz-target:" .. target .. "\n\n" .. SIGNED .. "\n" .. digest(call)
  local scope = day .. "/us-east-1/kinesis/aws4_request"
  local text = "AWS4-HMAC-SHA256\n" .. date .. "\n" .. scope .. "\n" .. digest(canonical)
  local signature = to_hex(keyed(signing_key(day, conf.derive), text))

  kong.service.set_target(conf.host, conf.port)
  kong.service.request.set_scheme("http")
  kong.service.request.set_path("/")
  kong.response.set_headers({ ["x-user-id"] = user, ["set-cookie"] = "user_id=" .. user .. "; Path=/; Secure; HttpOnly" })
  local set = {}
  for name in pairs(headers) do
    if not KEPT[name] then
      set[name] = {}
    end
  end
  set["content-type"] = "application/x-amz-json-1.1"
  set.host = host
  set["x-amz-date"] = date
  set["x-amz-target"] = target
  set.authorization = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/" .. scope .. ", SignedHeaders=" .. SIGNED
    .. ", Signature=" .. signature
  kong.service.request.set_headers(set)
  kong.service.request.set_raw_body(call)
end

return Ingest
