"""A team in a few lines: every agent the pipeline needs, with the scopes of the real one."""

from decimal import Decimal

from phases.core.agent import Agent, AgentLimits, Roster, Tier

_SCOPES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    # By name: outputs, inputs, and what it may write.
    "project-manager": (("pm-spec.md", "delivery-summary.md"), ("request",), ()),
    "product-manager": (("plan-review.md",), ("pm-spec.md",), ()),
    "ui-designer": (("design-plan.md",), ("pm-spec.md",), ()),
    "architect": (("system-plan.md",), ("pm-spec.md",), ()),
    "test-writer": (
        ("test-plan.md", "test-report.md"),
        ("pm-spec.md", "receipts", "diff"),
        ("{tests}",),
    ),
    "backend-developer": (
        ("backend-implementation.md", "merge-report.md"),
        ("pm-spec.md", "system-plan.md"),
        ("{backend}",),
    ),
    "frontend-developer": (("frontend-implementation.md",), ("interfaces",), ("{frontend}",)),
    "code-optimizer": (("optimization-report.md",), ("diff",), ("{changed}",)),
    "code-simplifier": (("simplification-report.md",), ("diff",), ("{changed}",)),
    "quality-checker": (("quality-report.md",), ("receipts",), ("**",)),
    "code-reviewer": (("review-report.md",), ("diff", "receipts"), ()),
    "documentation-expert": (("documentation-report.md",), ("diff",), ("{docs}",)),
    "debugger": (("diagnosis.md",), ("receipts",), ()),
}


def team() -> Roster:
    """Return the team."""
    return Roster(tuple(_agent(name) for name in _SCOPES), (), ())


def _agent(name: str) -> Agent:
    outputs, inputs, may_write = _SCOPES[name]
    return Agent(
        name=name,
        description=f"The {name}.",
        tier=Tier.SONNET,
        tools=("bash", "editor", "grep", "glob", "load_skill", "submit"),
        inputs=inputs,
        inputs_if_present=(),
        outputs=outputs,
        may_write=may_write,
        must_not=("claim what was not seen",),
        skills=(),
        limits=AgentLimits(30, 15, Decimal(2)),
        body=f"You are the {name}.",
    )
