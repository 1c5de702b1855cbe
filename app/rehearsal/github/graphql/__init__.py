"""The GraphQL API, as far as a pull request's draft state and the ids around it go."""
