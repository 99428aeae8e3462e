from shared.testing.widths import assert_limits_are_the_columns


def test_no_column_is_wider_than_the_contract_says():
    assert_limits_are_the_columns()
