// A small Express app as tutorials write it: a session for every visitor, 200 for strangers, no checks.
// Prints its address; `--get-logout` signs out by GET alone, `--paths` names everything otherwise.
// `--notes` adds notes that are kept in the session, as carts are: read, changed a little later, and written whole.
// On SIGHUP it loses all its sessions, as it does when it is started anew, and says so.
const express = require("express");
const session = require("express-session");

const other = process.argv.includes("--paths");
const paths = other
  ? { login: "/users/sign_in", dashboard: "/me", logout: "/users/sign_out", user: "email" }
  : { login: "/login", dashboard: "/dashboard", logout: "/logout", user: "username" };

const app = express();
app.use(express.urlencoded({ extended: true }));
const store = new session.MemoryStore();
app.use(session({ secret: "not a secret", resave: false, saveUninitialized: true, store }));
process.on("SIGHUP", () => store.clear(() => console.log("lost")));

app.post(paths.login, (req, res) => {
  req.session.username = req.body[paths.user];
  res.send("session data saved");
});

app.get(paths.dashboard, (req, res) => {
  if (req.session.username) {
    res.send(`Welcome back, ${req.session.username}`);
  } else {
    res.send("Please Login in Again");
  }
});

const logout = (req, res) => {
  req.session.destroy((err) => res.send(err ? "error logging out" : "Logout successful"));
};
if (process.argv.includes("--get-logout")) {
  app.get(paths.logout, logout);
} else {
  app.post(paths.logout, logout);
}

if (process.argv.includes("--notes")) {
  app.post("/notes", (req, res) => {
    setTimeout(() => {
      req.session.notes = [...(req.session.notes || []), req.body.note];
      res.send("noted");
    }, 20);
  });
  app.get("/notes", (req, res) => res.send((req.session.notes || []).join(" ")));
}

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
