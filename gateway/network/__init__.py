"""IP addresses of clients, and ports to listen on."""
