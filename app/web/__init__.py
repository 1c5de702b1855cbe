"""The web side: webhook, health, pages. The only home of FastAPI in the service."""
