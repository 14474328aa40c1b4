"""Starlette behind a chain of redirects: signing in leads over two steps, each of which sets one of the two cookies
that the page needs, as a load balancer and a session service in front of an app do.

Prints its address.
"""

import html
import secrets
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

PASSWORDS = {"alice": "correct horse", "bob": "battery staple"}
FORM = """<!doctype html>
<title>Sign in</title>
<p>{}</p>
<form method="post" action="/signin">
  <input name="login" autocomplete="username"> <input name="secret" type="password">
  <button>Sign in</button>
</form>
"""
# Who has proved a password and is on the way, by ticket; the place that a cookie is for; and who is there, by session.
tickets, places, sessions = {}, set(), {}


async def form(request):
    return HTMLResponse(FORM.format("Please sign in"))


async def sign_in(request):
    sent = await request.form()
    user, password = sent.get("login", ""), sent.get("secret", "")
    if PASSWORDS.get(user) != password:
        return HTMLResponse(FORM.format("Wrong name or password"), 403)
    ticket = secrets.token_urlsafe()
    tickets[ticket] = user
    return RedirectResponse(f"/step/one?ticket={ticket}", 302)


async def step_one(request):
    place = secrets.token_urlsafe(8)
    places.add(place)
    answer = RedirectResponse(f"/step/two?{request.url.query}", 302)
    answer.set_cookie("lb", place, httponly=True, samesite="lax")
    return answer


async def step_two(request):
    user = tickets.pop(request.query_params.get("ticket"), None)
    if user is None or request.cookies.get("lb") not in places:
        return RedirectResponse("/signin", 303)
    sid = secrets.token_urlsafe()
    sessions[sid] = user
    answer = RedirectResponse("/home", 303)
    answer.set_cookie("sid", sid, httponly=True, samesite="lax")
    return answer


async def home(request):
    user = sessions.get(request.cookies.get("sid"))
    if user is None or request.cookies.get("lb") not in places:
        return RedirectResponse("/signin", 303)
    return HTMLResponse(f"<p>Signed in as {html.escape(user)}", headers={"cache-control": "no-store"})


async def sign_out(request):
    sessions.pop(request.cookies.get("sid"), None)
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie("sid")
    return answer


app = Starlette(
    routes=[
        Route("/signin", form),
        Route("/signin", sign_in, methods=["POST"]),
        Route("/step/one", step_one),
        Route("/step/two", step_two),
        Route("/home", home),
        Route("/signout", sign_out, methods=["POST"]),
    ]
)
# Bound here, so that the address is known and taken before it is told.
listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
