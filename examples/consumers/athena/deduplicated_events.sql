-- Each event of a day once: the copy that came first. A copy that came on another day, such as from a tracker that was offline,
-- stays: to look for it Athena would have to read every day for every query. Count events over days by count(DISTINCT event_id).
CREATE OR REPLACE VIEW deduplicated_events AS
SELECT
  day, event_id, user_id, signed_in_as, type, event, name, ip, user_agent, referer, properties, traits, context,
  from_iso8601_timestamp(received_at) AS received_at,
  -- The client's clock, put right by how far it was off when the batch was sent.
  coalesce(
    from_iso8601_timestamp(received_at)
      - (try(from_iso8601_timestamp(sent_at)) - try(from_iso8601_timestamp(happened_at))),
    from_iso8601_timestamp(received_at)
  ) AS happened_at
FROM (
  SELECT
    *,
    -- Without an id an event can't be told from its copies: all are kept.
    row_number() OVER (
      PARTITION BY day, coalesce(event_id, cast(uuid() AS varchar))
      ORDER BY received_at
    ) AS copy
  FROM events
)
WHERE copy = 1;
