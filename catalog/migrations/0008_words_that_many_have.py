from django.db import migrations

# A function, so that what it asks is planned only where it is called, and once in a session. What
# the server knows of words is what ANALYZE saw: a sample of the shop.
BEGUN = r"""
CREATE OR REPLACE FUNCTION catalog_words_begun(beginning text, most int) RETURNS tsquery
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT string_agg('''' || regexp_replace(word, '([\\''])', '\1\1', 'g') || '''', ' | ')
        FROM (
            SELECT word
            FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs)
                AS known (word, share)
            WHERE schemaname = current_schema() AND tablename = 'catalog_product'
                AND attname = 'search_vector' AND starts_with(word, beginning)
            ORDER BY share DESC, word LIMIT most
        ) AS begun
    )::tsquery;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_imports_that_got_stuck")]

    operations = [
        migrations.RunSQL(BEGUN, "DROP FUNCTION catalog_words_begun(text, int)"),
    ]
