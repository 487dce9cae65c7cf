-- What was refused, by reason and day: how often, from how many addresses, and one text to look at.
SELECT
  day,
  reason,
  count(*) AS texts,
  count(DISTINCT ip) AS addresses,
  min(received_at) AS first_at,
  max(received_at) AS last_at,
  arbitrary(message) AS message,
  arbitrary(substr(raw, 1, 200)) AS example
FROM bad_events
WHERE day BETWEEN '2026-11-01' AND '2026-11-07'
GROUP BY day, reason
ORDER BY day, texts DESC;
