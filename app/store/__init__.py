"""What has happened, as rows. The only home of SQLAlchemy."""
