-- Indexes, constraints and code come after the rows: quicker, and triggers do not fire for them.
SET search_path = shop, public;
ALTER TABLE customers ADD PRIMARY KEY (id), ADD UNIQUE (email);
ALTER TABLE products ADD PRIMARY KEY (id);
ALTER TABLE orders ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES customers, ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE invoices ADD PRIMARY KEY (id), ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE events ADD PRIMARY KEY (id, happened_at);
CREATE INDEX products_search ON products USING gin (search);
CREATE INDEX orders_of_customer ON orders (customer_id, placed_at DESC);
CREATE INDEX orders_returned ON orders (placed_at) WHERE status = 'returned';
SELECT setval(pg_get_serial_sequence('shop.customers', 'id'), 100000);
SELECT setval(pg_get_serial_sequence('shop.products', 'id'), 5000);
SELECT setval(pg_get_serial_sequence('shop.orders', 'id'), 300000);

CREATE VIEW open_orders AS SELECT o.id, c.name, o.total_cents, o.placed_at FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status IN ('placed', 'paid');
CREATE MATERIALIZED VIEW monthly_revenue AS
  SELECT date_trunc('month', placed_at, 'UTC') AS month, count(*) AS orders, sum(total_cents) AS cents FROM orders WHERE status <> 'returned' GROUP BY 1;
CREATE UNIQUE INDEX ON monthly_revenue (month);

CREATE FUNCTION count_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shop.customers SET orders = orders + 1 WHERE id = NEW.customer_id;
  RETURN NEW;
END $$;
CREATE TRIGGER orders_counted AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION count_order();
