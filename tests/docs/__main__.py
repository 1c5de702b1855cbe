"""`python -m tests.docs` writes the README's tables anew from the code."""

from tests.docs.reading import GENERATED, ROOT, between


def main() -> None:
    """Write them."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, table in GENERATED.items():
        mark = f"<!-- {name} -->\n"
        text = text.replace(f"{mark}{between(text, name)}", f"{mark}{table()}")
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
