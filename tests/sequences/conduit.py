"""A small blog service for tests: people, articles with tags and favourites, comments, and who follows whom."""

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.scripted_server import Seen

MOMENT = "2026-01-05T09:00:00.000Z"
Answer = dict[str, Any]


@dataclass
class Person:
    email: str
    username: str
    password: str
    bio: str | None = None
    image: str | None = None
    follows: set[str] = field(default_factory=set)


@dataclass
class Article:
    slug: str
    author: str
    words: dict[str, Any]
    fans: set[str] = field(default_factory=set)
    comments: dict[int, tuple[str, str]] = field(default_factory=dict)


class Refused(Exception):
    """The answer is an error: its status, and what is wrong."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Conduit:
    """The service. Its token of a person is their name."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.articles: dict[str, Article] = {}
        self._numbers = itertools.count(1)
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            (method, re.compile(path), work)
            for method, path, work in (
                ("POST", r"/users", self._register),
                ("POST", r"/users/login", self._login),
                ("GET", r"/user", self._user),
                ("PUT", r"/user", self._change_user),
                ("GET", r"/profiles/([^/]+)", self._profile),
                ("POST", r"/profiles/([^/]+)/follow", self._follow),
                ("DELETE", r"/profiles/([^/]+)/follow", self._unfollow),
                ("GET", r"/articles", self._list),
                ("GET", r"/articles/feed", self._feed),
                ("POST", r"/articles", self._write),
                ("GET", r"/articles/([^/]+)", self._read),
                ("PUT", r"/articles/([^/]+)", self._change),
                ("DELETE", r"/articles/([^/]+)", self._remove),
                ("POST", r"/articles/([^/]+)/favorite", self._favorite),
                ("DELETE", r"/articles/([^/]+)/favorite", self._unfavorite),
                ("GET", r"/articles/([^/]+)/comments", self._comments),
                ("POST", r"/articles/([^/]+)/comments", self._comment),
                ("DELETE", r"/articles/([^/]+)/comments/(\d+)", self._uncomment),
                ("GET", r"/tags", self._tags),
            )
        ]

    def __call__(self, seen: Seen) -> Answer:
        """The answer to a request."""
        parts = urlsplit(seen.path)
        for method, path, work in self._routes:
            if method == seen.method and (found := path.fullmatch(parts.path.removeprefix("/api"))):
                try:
                    return {
                        "json": work(self._asking(seen), _sent(seen), dict(parse_qsl(parts.query)), *found.groups())
                    }
                except Refused as refused:
                    return {"status": refused.status, "json": {"errors": {"body": [str(refused)]}}}
        return {"status": 404, "json": {"errors": {"body": ["no such address"]}}}

    def _asking(self, seen: Seen) -> Person | None:
        given = seen.headers.get("Authorization", "")
        return self.people.get(given.removeprefix("Token token-of-")) if given.startswith("Token ") else None

    def _register(self, _: Person | None, sent: Any, __: Any) -> Answer:
        user = sent["user"]
        if user["username"] in self.people:
            raise Refused(422, "the name is taken")
        person = Person(user["email"], user["username"], user["password"])
        self.people[person.username] = person
        return _as_user(person)

    def _login(self, _: Person | None, sent: Any, __: Any) -> Answer:
        user = sent["user"]
        for person in self.people.values():
            if (person.email, person.password) == (user["email"], user["password"]):
                return _as_user(person)
        raise Refused(422, "email or password is invalid")

    def _user(self, by: Person | None, _: Any, __: Any) -> Answer:
        return _as_user(_signed_in(by))

    def _change_user(self, by: Person | None, sent: Any, _: Any) -> Answer:
        person = _signed_in(by)
        person.email = sent["user"].get("email", person.email)
        person.bio = sent["user"].get("bio", person.bio)
        return _as_user(person)

    def _person(self, name: str) -> Person:
        if name not in self.people:
            raise Refused(404, "no such person")
        return self.people[name]

    def _as_profile(self, by: Person | None, name: str) -> Answer:
        person = self._person(name)
        follows = by is not None and name in by.follows
        return {"username": name, "bio": person.bio, "image": person.image, "following": follows}

    def _profile(self, by: Person | None, _: Any, __: Any, name: str) -> Answer:
        return {"profile": self._as_profile(by, name)}

    def _follow(self, by: Person | None, _: Any, __: Any, name: str) -> Answer:
        _signed_in(by).follows.add(self._person(name).username)
        return {"profile": self._as_profile(by, name)}

    def _unfollow(self, by: Person | None, _: Any, __: Any, name: str) -> Answer:
        _signed_in(by).follows.discard(name)
        return {"profile": self._as_profile(by, name)}

    def _as_article(self, by: Person | None, article: Article) -> Answer:
        return {
            "slug": article.slug,
            **article.words,
            "createdAt": MOMENT,
            "updatedAt": MOMENT,
            "favorited": by is not None and by.username in article.fans,
            "favoritesCount": len(article.fans),
            "author": self._as_profile(by, article.author),
        }

    def _article(self, slug: str) -> Article:
        if slug not in self.articles:
            raise Refused(404, "no such article")
        return self.articles[slug]

    def _many(self, by: Person | None, found: list[Article]) -> Answer:
        return {"articles": [self._as_article(by, one) for one in found], "articlesCount": len(found)}

    def _list(self, by: Person | None, _: Any, query: dict[str, str]) -> Answer:
        def fits(one: Article) -> bool:
            return (
                query.get("author", one.author) == one.author
                and ("favorited" not in query or query["favorited"] in one.fans)
                and ("tag" not in query or query["tag"] in one.words["tagList"])
            )

        return self._many(by, [one for one in self.articles.values() if fits(one)])

    def _feed(self, by: Person | None, _: Any, __: Any) -> Answer:
        person = _signed_in(by)
        return self._many(by, [one for one in self.articles.values() if one.author in person.follows])

    def _write(self, by: Person | None, sent: Any, _: Any) -> Answer:
        person, given = _signed_in(by), sent["article"]
        slug = re.sub(r"\W+", "-", given["title"].lower()).strip("-") + f"-{next(self._numbers)}"
        words = {name: given.get(name) for name in ("title", "description", "body")}
        self.articles[slug] = Article(slug, person.username, {**words, "tagList": sorted(given.get("tagList") or [])})
        return {"article": self._as_article(by, self.articles[slug])}

    def _read(self, by: Person | None, _: Any, __: Any, slug: str) -> Answer:
        return {"article": self._as_article(by, self._article(slug))}

    def _own(self, by: Person | None, slug: str) -> Article:
        article = self._article(slug)
        if article.author != _signed_in(by).username:
            raise Refused(403, "it is somebody else's")
        return article

    def _change(self, by: Person | None, sent: Any, _: Any, slug: str) -> Answer:
        article = self._own(by, slug)
        article.words |= sent["article"]
        return {"article": self._as_article(by, article)}

    def _remove(self, by: Person | None, _: Any, __: Any, slug: str) -> Answer:
        del self.articles[self._own(by, slug).slug]
        return {}

    def _favorite(self, by: Person | None, _: Any, __: Any, slug: str) -> Answer:
        self._article(slug).fans.add(_signed_in(by).username)
        return {"article": self._as_article(by, self._article(slug))}

    def _unfavorite(self, by: Person | None, _: Any, __: Any, slug: str) -> Answer:
        self._article(slug).fans.discard(_signed_in(by).username)
        return {"article": self._as_article(by, self._article(slug))}

    def _as_comment(self, by: Person | None, number: int, author: str, body: str) -> Answer:
        moments = {"createdAt": MOMENT, "updatedAt": MOMENT}
        return {"id": number, **moments, "body": body, "author": self._as_profile(by, author)}

    def _comments(self, by: Person | None, _: Any, __: Any, slug: str) -> Answer:
        return {
            "comments": [self._as_comment(by, number, *one) for number, one in self._article(slug).comments.items()]
        }

    def _comment(self, by: Person | None, sent: Any, _: Any, slug: str) -> Answer:
        number, one = next(self._numbers), (_signed_in(by).username, sent["comment"]["body"])
        self._article(slug).comments[number] = one
        return {"comment": self._as_comment(by, number, *one)}

    def _uncomment(self, by: Person | None, _: Any, __: Any, slug: str, number: str) -> Answer:
        _signed_in(by)
        self._article(slug).comments.pop(int(number))
        return {}

    def _tags(self, _: Person | None, __: Any, ___: Any) -> Answer:
        return {"tags": sorted({tag for one in self.articles.values() for tag in one.words["tagList"]})}


def _sent(seen: Seen) -> Any:
    return json.loads(seen.content) if seen.content else {}


def _signed_in(by: Person | None) -> Person:
    if by is None:
        raise Refused(401, "sign in first")
    return by


def _as_user(person: Person) -> Answer:
    words = {"email": person.email, "username": person.username, "bio": person.bio, "image": person.image}
    return {"user": {**words, "token": f"token-of-{person.username}"}}
