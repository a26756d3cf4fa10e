-- The big one: a row for each click, spread over the four quarters; digests keep the text from compressing to nothing.
INSERT INTO shop.events (id, happened_at, kind, payload)
SELECT i, timestamptz '2026-01-01Z' + i * interval '45 seconds', (ARRAY['view','search','basket','checkout'])[1 + i % 4],
       jsonb_build_object('customer', i * 7919 % 100000, 'session', md5(i::text), 'path', '/products/' || i % 5000, 'milliseconds', i * 31 % 977, 'agent', 'demo/' || i % 13)
FROM generate_series(1::bigint, 700000) AS i;
