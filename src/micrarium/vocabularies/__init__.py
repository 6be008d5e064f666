"""Terms of the field's vocabularies: one spelling for each, and a starter table that works offline."""
