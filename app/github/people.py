"""What a person may do in a repository, asked of GitHub at the moment of the decision."""

from app.github.answers import PermissionAnswer, understood
from app.github.client import GitHubClients
from app.github.errors import RefusedByGitHubError
from app.github.purposes import Purpose
from phases.core.model import Person, Repository, Role

_NOT_FOUND = 404


class People:
    """Looks up roles."""

    def __init__(self, clients: GitHubClients) -> None:
        self._clients = clients

    async def role(self, repository: Repository, person: Person) -> Role:
        """Return a person's role; `none` when GitHub knows them not, or knows another by that name.

        `role_name` is read because the older `permission` calls triage `read` and maintain `write`;
        a role that an organisation made up counts as what it is built on.

        Raises:
            TransientError: when GitHub does not answer.
        """
        api = self._clients.of(repository, Purpose.PEOPLE)
        try:
            answer = await api.read(
                lambda rest: rest.repos.async_get_collaborator_permission_level(
                    repository.owner, repository.name, person.login
                )
            )
        except RefusedByGitHubError as refusal:
            if refusal.status == _NOT_FOUND:
                return Role.NONE
            raise
        found = understood(PermissionAnswer, answer)
        if found.user is None or found.user.id != person.id:
            return Role.NONE
        known = {str(role): role for role in Role}
        return known.get(found.role_name) or known.get(found.permission, Role.NONE)
