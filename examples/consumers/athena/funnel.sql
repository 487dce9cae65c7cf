-- How many people opened a product, added it and ordered it, each step after the one before and all within 24 hours.
WITH steps AS (
  SELECT user_id, event, happened_at
  FROM deduplicated_events
  WHERE day BETWEEN '2026-11-01' AND '2026-11-07'
    AND event IN ('Product Opened', 'Product Added', 'Order Completed')
),
opened AS (
  SELECT user_id, min(happened_at) AS at
  FROM steps
  WHERE event = 'Product Opened'
  GROUP BY user_id
),
added AS (
  SELECT opened.user_id, opened.at AS began, min(steps.happened_at) AS at
  FROM opened
  JOIN steps ON steps.user_id = opened.user_id AND steps.event = 'Product Added'
  WHERE steps.happened_at > opened.at AND steps.happened_at < opened.at + INTERVAL '24' HOUR
  GROUP BY opened.user_id, opened.at
),
ordered AS (
  SELECT added.user_id
  FROM added
  JOIN steps ON steps.user_id = added.user_id AND steps.event = 'Order Completed'
  WHERE steps.happened_at > added.at AND steps.happened_at < added.began + INTERVAL '24' HOUR
  GROUP BY added.user_id
)
SELECT 1 AS step, 'Product Opened' AS event, count(*) AS people FROM opened
UNION ALL
SELECT 2, 'Product Added', count(*) FROM added
UNION ALL
SELECT 3, 'Order Completed', count(*) FROM ordered
ORDER BY step;
