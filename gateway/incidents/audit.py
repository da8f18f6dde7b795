async def verify(conn, key, lines):
    return []
