-- What trackers gave up, as they say themselves once the gateway is there again. Beside the events that came it tells how
-- much is missing; what a device that never comes back had in its queue nobody counts.
WITH dropped AS (
  SELECT
    day,
    json_extract_scalar(properties, '$.reason') AS reason,
    cast(json_extract_scalar(properties, '$.count') AS bigint) AS events,
    user_id
  FROM deduplicated_events
  WHERE day BETWEEN '2026-11-01' AND '2026-11-07'
    AND event = 'Events Dropped'
),
came AS (
  SELECT day, count(*) AS events
  FROM deduplicated_events
  WHERE day BETWEEN '2026-11-01' AND '2026-11-07'
  GROUP BY day
)
SELECT
  dropped.day,
  dropped.reason,
  sum(dropped.events) AS events,
  count(DISTINCT dropped.user_id) AS people,
  round(100.0 * sum(dropped.events) / arbitrary(came.events), 3) AS percent_of_those_that_came
FROM dropped
JOIN came ON came.day = dropped.day
GROUP BY dropped.day, dropped.reason
ORDER BY dropped.day, events DESC;
