"""Plain HTTP to servers of the tests' own: reading certificate authorities takes longer than most requests."""

import ssl

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # no authorities: the addresses are http
