"""The part of GitHub's GraphQL schema that is served, in its language. No resolver lives here."""

SDL = """
scalar URI
scalar GitObjectID
scalar DateTime
enum PullRequestState { OPEN CLOSED MERGED }
enum IssueState { OPEN CLOSED }
interface Node { id: ID! }
interface Actor { login: String! url: URI! }
type User implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! }
type Bot implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! }
type Organization implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! }
type Repository implements Node {
  id: ID! databaseId: Int name: String! nameWithOwner: String! isPrivate: Boolean! url: URI!
  pullRequest(number: Int!): PullRequest
  issue(number: Int!): Issue
}
type PullRequest implements Node {
  id: ID! databaseId: Int number: Int! title: String! body: String!
  isDraft: Boolean! state: PullRequestState!
  merged: Boolean! closed: Boolean! url: URI!
  headRefName: String! headRefOid: GitObjectID! baseRefName: String!
  baseRefOid: GitObjectID! author: Actor repository: Repository!
}
type Issue implements Node {
  id: ID! databaseId: Int number: Int! title: String! body: String!
  state: IssueState! closed: Boolean! url: URI!
  author: Actor repository: Repository!
}
type IssueComment implements Node {
  id: ID! databaseId: Int body: String! url: URI!
  author: Actor editor: Actor lastEditedAt: DateTime repository: Repository!
}
input MarkPullRequestReadyForReviewInput { pullRequestId: ID! clientMutationId: String }
type MarkPullRequestReadyForReviewPayload { clientMutationId: String pullRequest: PullRequest }
input ConvertPullRequestToDraftInput { pullRequestId: ID! clientMutationId: String }
type ConvertPullRequestToDraftPayload { clientMutationId: String pullRequest: PullRequest }
type Query {
  viewer: User!
  repository(owner: String!, name: String!): Repository
  node(id: ID!): Node
}
type Mutation {
  markPullRequestReadyForReview(
    input: MarkPullRequestReadyForReviewInput!
  ): MarkPullRequestReadyForReviewPayload
  convertPullRequestToDraft(
    input: ConvertPullRequestToDraftInput!
  ): ConvertPullRequestToDraftPayload
}
"""
