-- A catalogue of %(products)s products with the columns that catalog's own operations would write.
-- The same number gives the same products; every product has two variants of one colour.
CREATE FUNCTION pg_temp.pick(seed bigint, salt int, choices int) RETURNS int
LANGUAGE sql IMMUTABLE AS 'SELECT 1 + mod(hashint8(seed * 1000 + salt)::bigint + 2147483648, choices)::int';

CREATE FUNCTION pg_temp.word(list text[], seed bigint, salt int) RETURNS text
LANGUAGE sql IMMUTABLE AS 'SELECT list[pg_temp.pick(seed, salt, cardinality(list))]';

CREATE TEMP TABLE words AS SELECT
    string_to_array('soft warm bright quiet light heavy plain fine rough round tall small large wide narrow old young fresh sweet bitter calm wild dark pale deep clear strong mild smooth rare simple noble rich pure early late sunny misty golden silver', ' ') AS adjectives,
    string_to_array('silk wool linen cotton leather oak walnut olive cedar birch clay glass copper brass iron steel stone marble amber pearl rattan bamboo cork felt velvet denim hemp jute sand salt honey mint rose saffron cumin ginger lemon fig date almond', ' ') AS materials,
    string_to_array('lamp bowl shirt scarf chair table kettle basket blanket carpet mirror candle vase plate cup spoon knife tray box bag belt hat glove sock coat dress skirt boot sandal slipper ring necklace bracelet earring watch clock frame book pen brush comb soap oil tea coffee spice sugar cake nut dried broth sauce pickle drum flute puzzle doll kite lantern rug pillow', ' ') AS kinds,
    string_to_array('ba be bo da de do fa fe fo ga ge go ka ke ko la le lo ma me mo na ne no pa pe po ra re ro sa se so ta te to va ve vo za', ' ') AS syllables,
    string_to_array('Red Blue Green Yellow Black White Grey Brown Orange Violet', ' ') AS colours,
    string_to_array('Home Kitchen Clothes Shoes Jewels Desk Bath Pantry Play Floor', ' ') AS aisles;

INSERT INTO catalog_category (path, depth, numchild, title, slug)
SELECT lpad(n::text, 4, '0'), 1, 6, aisles[n], lower(aisles[n])
FROM words, generate_series(1, 10) AS n;

INSERT INTO catalog_category (path, depth, numchild, title, slug)
SELECT lpad(n::text, 4, '0') || lpad(m::text, 4, '0'), 2, 0, initcap(kinds[k]) || 's', kinds[k] || 's'
FROM words, generate_series(1, 10) AS n, generate_series(1, 6) AS m, LATERAL (SELECT 6 * (n - 1) + m AS k) AS number;

INSERT INTO catalog_brand (title, slug)
SELECT 'Maker ' || n, 'maker-' || n FROM generate_series(1, least(2000, greatest(20, %(products)s / 500))) AS n;

CREATE TEMP TABLE drawn AS SELECT
    i,
    (lpad(to_hex(1767225600000 + i * 1000), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid AS id,
    pg_temp.word(adjectives, i, 1) AS adjective,
    pg_temp.word(materials, i, 2) AS material,
    pg_temp.pick(i, 3, 60) AS kind,
    initcap(pg_temp.word(syllables, i, 4) || pg_temp.word(syllables, i, 5) || pg_temp.word(syllables, i, 6)) AS model,
    pg_temp.word(colours, i, 7) AS colour,
    CASE pg_temp.pick(i, 8, 2) WHEN 1 THEN ARRAY['S', 'M'] ELSE ARRAY['L', 'XL'] END AS sizes,
    pg_temp.pick(i, 9, (SELECT count(*)::int FROM catalog_brand)) AS brand,
    5 + pg_temp.pick(i, 10, 20000) / 100.0 AS price,
    pg_temp.pick(i, 11, 5) = 1 AS is_reduced,
    pg_temp.pick(i, 12, 10) > 1 AS in_stock,
    CASE WHEN pg_temp.pick(i, 13, 3) = 1 THEN pg_temp.pick(i, 14, 40) ELSE 0 END AS rating_count,
    1 + pg_temp.pick(i, 15, 400) / 100.0 AS rating_average,
    (SELECT string_agg(CASE mod(n, 3) WHEN 0 THEN pg_temp.word(adjectives, i, 100 + n) WHEN 1 THEN pg_temp.word(materials, i, 100 + n)
        ELSE pg_temp.word(syllables, i, 100 + n) || pg_temp.word(syllables, i, 200 + n) END, ' ')
     FROM generate_series(1, 24) AS n) AS text
FROM words, generate_series(1, %(products)s::bigint) AS i;

INSERT INTO catalog_product (
    id, slug, title, description, category_id, brand_id, tags, status, published_at, seo_title, seo_description, version,
    created_at, updated_at, min_price, max_price, compare_at_price, in_stock, image_url, attributes, option_pairs, rating_average,
    rating_count, rating_version, search_vector)
SELECT
    d.id, lower(concat_ws('-', adjective, material, w.kinds[kind], model, i)), made.title, '<p>' || text || '</p>', c.id, b.id,
    ARRAY[material], 'active', at, '', '', 1, at, at, price, price + 5, CASE WHEN is_reduced THEN price + 10 END, in_stock, '',
    ARRAY['Colour' || chr(31) || colour, 'Size' || chr(31) || sizes[1], 'Size' || chr(31) || sizes[2]],
    ARRAY['Colour' || chr(31) || colour || chr(30) || 'Size' || chr(31) || sizes[1],
        'Colour' || chr(31) || colour || chr(30) || 'Size' || chr(31) || sizes[2]],
    CASE WHEN rating_count > 0 THEN rating_average END, rating_count, 0,
    setweight(to_tsvector('simple', 'B-' || i || '-1 B-' || i || '-2'), 'B')
        || setweight(to_tsvector('english', lower(made.title)), 'A') || setweight(to_tsvector('simple', lower(made.title)), 'A')
        || setweight(to_tsvector('english', shelf), 'B') || setweight(to_tsvector('simple', shelf), 'B')
        || setweight(to_tsvector('english', text), 'C') || setweight(to_tsvector('simple', text), 'C')
FROM words AS w, drawn AS d
JOIN catalog_category AS c ON c.path = lpad(((d.kind - 1) / 6 + 1)::text, 4, '0') || lpad((mod(d.kind - 1, 6) + 1)::text, 4, '0')
JOIN catalog_brand AS b ON b.slug = 'maker-' || d.brand,
LATERAL (SELECT
    initcap(concat_ws(' ', adjective, material, w.kinds[kind], model)) AS title,
    lower(concat_ws(' ', b.title, c.title, material, colour, sizes[1], sizes[2])) AS shelf,
    timestamptz '2026-01-01' + i * interval '1 second' AS at) AS made;

INSERT INTO catalog_variant (
    product_id, sku, options, price, compare_at_price, tax_class, barcode, weight_grams, position, available, declared_quantity)
SELECT
    id, 'B-' || i || '-' || n, jsonb_build_object('Colour', colour, 'Size', sizes[n]), price + 5 * (n - 1),
    CASE WHEN is_reduced THEN price + 10 END, 'standard', '', 100, n - 1, CASE WHEN in_stock THEN 20 ELSE 0 END, 20
FROM drawn, generate_series(1, 2) AS n;

INSERT INTO catalog_stocklevel (sku, available, version)
SELECT 'B-' || i || '-' || n, CASE WHEN in_stock THEN 20 ELSE 0 END, 1 FROM drawn, generate_series(1, 2) AS n;

INSERT INTO catalog_searchword (word)
SELECT word FROM ts_stat('SELECT search_vector FROM catalog_product') WHERE word ~ '^[^[:digit:]]{3,64}$';
