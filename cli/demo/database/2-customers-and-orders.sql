-- Every value follows from its row number, so that two runs of the demo make the same database.
INSERT INTO shop.customers (id, name, email, country, preferences, created_at)
SELECT i,
       (ARRAY['Ada','Bela','Chloé','Dmitri','Esra','Fatou','Günther','Hana','Inês','Jörg'])[1 + i % 10] || ' ' || upper(left(md5(i::text), 1)) || substr(md5(i::text), 2, 6),
       'customer' || i || '@example.com',
       (ARRAY['DE','FR','PT','TR','SN','JP','CZ','US'])[1 + i % 8],
       jsonb_build_object('newsletter', i % 3 = 0, 'theme', CASE WHEN i % 2 = 0 THEN 'dark' ELSE 'light' END, 'tags', jsonb_build_array(i % 7, md5(i::text))),
       timestamptz '2024-01-01Z' + i * interval '7 minutes'
FROM generate_series(1, 100000) AS i;

INSERT INTO shop.products (id, name, description, price_cents)
SELECT i, 'Product ' || i,
       'A ' || (ARRAY['sturdy','light','foldable','quiet','waterproof'])[1 + i % 5] || ' ' || (ARRAY['lamp','chair','kettle','tent','bicycle'])[1 + i / 5 % 5] || ' made of ' || (ARRAY['steel','oak','wool','glass'])[1 + i % 4] || ', batch ' || md5(i::text),
       100 + i * 37 % 50000
FROM generate_series(1, 5000) AS i;

INSERT INTO shop.orders (id, customer_id, product_id, status, quantity, total_cents, note, placed_at)
SELECT i, 1 + i * 7919 % 100000, 1 + i * 104729 % 5000, (enum_range(NULL::shop.order_status))[1 + i % 4], 1 + i % 5, 500 + i * 31 % 90000,
       CASE WHEN i % 20 = 0 THEN E'Please leave it at the door.\n\tRing twice \\ number ' || i END,
       timestamptz '2025-01-01Z' + i * interval '2 minutes'
FROM generate_series(1::bigint, 300000) AS i;

INSERT INTO shop.invoices (order_id, document)
SELECT i * 1000, lo_from_bytea(0, convert_to((SELECT string_agg(md5(i || '-' || line), E'\n') FROM generate_series(1, 4000) AS line), 'UTF8'))
FROM generate_series(1, 40) AS i;
