"""E-mail received by Amazon SES, from its notifications and from S3."""
