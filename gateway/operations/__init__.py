"""Operations of people on records: the one place each where a change is checked and committed."""
