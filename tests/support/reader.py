"""A page as somebody reads it: the texts of its parts, its links, and its forms with what is wrong in them."""

from bs4 import BeautifulSoup, Tag

from walkabout.web.session import PREFIX

_TICKED = ("radio", "checkbox")


class PageReader:
    """Reads one page, or a part of one. Parts are named by CSS selectors."""

    def __init__(self, text: str) -> None:
        self.soup = BeautifulSoup(text, "html.parser")

    def texts(self, selector: str) -> list[str]:
        """The text of each part that a selector finds."""
        return [found.get_text() for found in self.soup.select(selector)]

    def attributes(self, selector: str, name: str) -> list[str]:
        """An attribute of each part that a selector finds and that has it."""
        return [str(found[name]) for found in self.soup.select(selector) if found.has_attr(name)]

    def link(self, selector: str) -> str:
        """Where the first link that a selector finds leads, as `Visitor.get` takes it; "" when there is none."""
        found = self.attributes(selector, "href")
        return found[0].removeprefix(PREFIX) if found else ""

    def form(self, selector: str = "form.two") -> dict[str, str]:
        """What a browser would send of a form that nobody touches, without its token."""
        fields = self._one(selector).select("input[name], select[name], textarea[name]")
        ticked = (field for field in fields if field.get("type") not in _TICKED or field.has_attr("checked"))
        return {str(field["name"]): _value(field) for field in ticked if field["name"] != "csrf_token"}

    def field(self, name: str) -> Tag:
        """The input, select or text area of a name."""
        return self._one(f'[name="{name}"]')

    def value(self, name: str) -> str:
        """What stands in a field."""
        return _value(self.field(name))

    def errors(self) -> dict[str, str]:
        """What is said to be wrong, by the name of the field."""
        marked = self.soup.select('[name][aria-invalid="true"]')
        return {str(field["name"]): self._told(field) for field in marked}

    def _told(self, field: Tag) -> str:
        ids = str(field.get("aria-describedby", "")).split()
        return " ".join(self._one(f'[id="{id}"]').get_text(" ", strip=True) for id in ids)

    def _one(self, selector: str) -> Tag:
        found = self.soup.select_one(selector)
        assert found is not None, f"nothing on the page is {selector}"
        return found


def _value(field: Tag) -> str:
    if field.name == "textarea":
        return field.get_text().removeprefix("\n")
    if field.name == "select":
        options = field.select("option")
        chosen = [option for option in options if option.has_attr("selected")] or options[:1]
        return str(chosen[0].get("value", chosen[0].get_text())) if chosen else ""
    return str(field.get("value", ""))
