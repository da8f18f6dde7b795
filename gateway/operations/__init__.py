"""Operations on records: the one place where each change is checked and committed."""
