"""Flask with Flask-Login and Flask-WTF: sign-in by e-mail address with a hidden token, the session in a signed cookie.

Prints its address.
"""

import waitress
from flask import Flask, redirect, render_template_string, url_for
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from flask_wtf import CSRFProtect, FlaskForm
from werkzeug.security import check_password_hash, generate_password_hash
from wtforms import BooleanField, EmailField, PasswordField
from wtforms.validators import InputRequired

PAGE = """<!doctype html>
<title>Sign in</title>
{% for error in form.password.errors %}<p role="alert">{{ error }}</p>{% endfor %}
<form method="post">
  {{ form.hidden_tag() }}
  {{ form.email.label }} {{ form.email() }}
  {{ form.password.label }} {{ form.password() }}
  {{ form.remember.label }} {{ form.remember() }}
  <button>Sign in</button>
</form>
"""

HASHES = {
    "alice@example.org": generate_password_hash("correct horse"),
    "bob@example.org": generate_password_hash("battery staple"),
}

app = Flask(__name__)
app.config.update(SECRET_KEY="not a secret", SESSION_COOKIE_SAMESITE="Lax")
CSRFProtect(app)
people = LoginManager(app)
people.login_view = "login"


class Person(UserMixin):
    def __init__(self, email):
        self.id = email


@people.user_loader
def load(email):
    return Person(email) if email in HASHES else None


class Login(FlaskForm):
    email = EmailField(validators=[InputRequired()])
    password = PasswordField(validators=[InputRequired()])
    remember = BooleanField()


@app.route("/login", methods=["GET", "POST"])
def login():
    form = Login()
    if form.validate_on_submit():
        email = form.email.data
        if email in HASHES and check_password_hash(HASHES[email], form.password.data):
            login_user(Person(email), remember=form.remember.data)
            return redirect(url_for("account"))
        form.password.errors = ["Wrong e-mail address or password"]
    return render_template_string(PAGE, form=form)


@app.route("/account")
@login_required
def account():
    return render_template_string("<p>Signed in as {{ user.id }}", user=current_user)


@app.route("/logout")
@login_required
def logout():
    logout_user()
    return redirect(url_for("login"))


server = waitress.create_server(app, host="127.0.0.1", port=0)
print(f"http://127.0.0.1:{server.effective_port}", flush=True)
server.run()
