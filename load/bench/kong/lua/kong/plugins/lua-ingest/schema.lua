return {
  name = "lua-ingest",
  fields = { { config = { type = "record", fields = {
    { host = { type = "string", required = true } },
    { port = { type = "integer", required = true } },
    -- Whether the signing key is derived anew for each request, or kept for its day.
    { derive = { type = "boolean", default = false } },
  } } } },
}
