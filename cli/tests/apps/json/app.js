// An app that is all API: Fastify with @fastify/session. Signing in is JSON, and so is every answer; there is no form.
// Prints its address.
const fastify = require("fastify");
const cookie = require("@fastify/cookie");
const session = require("@fastify/session");

const passwords = {
  "alice@example.org": "correct horse",
  "bob@example.org": "battery staple",
};

const app = fastify();
app.register(cookie);
app.register(session, {
  secret: "not a secret, but as long as one has to be",
  cookie: { secure: false, sameSite: "lax" },
  saveUninitialized: false,
});

app.post("/api/login", async (request, reply) => {
  const { email, password } = request.body ?? {};
  if (!Object.hasOwn(passwords, email) || passwords[email] !== password) {
    return reply.code(401).send({ message: "wrong e-mail address or password" });
  }
  await request.session.regenerate();
  request.session.set("email", email);
  return { email };
});

app.get("/api/me", async (request, reply) => {
  const email = request.session.get("email");
  reply.header("cache-control", "no-store");
  return email ? { email } : reply.code(401).send({ message: "nobody is signed in" });
});

app.post("/api/logout", async (request) => {
  await request.session.destroy();
  return { message: "signed out" };
});

app.listen({ host: "127.0.0.1", port: 0 }).then((address) => console.log(address));
