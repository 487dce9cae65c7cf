-- Sessions of a week, as the tracker cuts them: a session ends after 30 minutes without an event.
SELECT
  json_extract_scalar(context, '$.sessionId') AS session_id,
  min_by(user_id, happened_at) AS user_id,
  max_by(signed_in_as, happened_at) AS signed_in_as,
  min(happened_at) AS began,
  date_diff('second', min(happened_at), max(happened_at)) AS seconds,
  count(DISTINCT event_id) AS events,
  count(DISTINCT event_id) FILTER (WHERE type = 'page') AS pages,
  min_by(json_extract_scalar(context, '$.page.path'), happened_at) AS first_path,
  max_by(json_extract_scalar(context, '$.page.path'), happened_at) AS last_path,
  min_by(json_extract_scalar(context, '$.campaign.source'), happened_at) AS campaign_source
FROM deduplicated_events
WHERE day BETWEEN '2026-11-01' AND '2026-11-07'
  AND json_extract_scalar(context, '$.sessionId') IS NOT NULL
  -- Browsers that a program drives.
  AND json_extract_scalar(context, '$.automated') IS NULL
GROUP BY json_extract_scalar(context, '$.sessionId')
ORDER BY began;
