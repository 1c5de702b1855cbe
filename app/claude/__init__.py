"""Conversations with the model. The only home of the anthropic SDK."""
