<?php
// A PHP app with native sessions, as manuals write it. PHP's own server sends every request here and says its address.
const HASHES = [
    // "correct horse" and "battery staple", at the lowest cost.
    'alice' => '$2y$04$.14QbJjpHsMgA506frqt4e20zjkkCbkwm6CeZfxGazmSpZbBUM152',
    'bob' => '$2y$04$nGFdsPFb77TtAbxJYuuqCeUfn0Q10bl5eX34Z.VMjJmCo5uLbF8om',
];

function page(string $body, int $status = 200): void
{
    http_response_code($status);
    echo '<!doctype html><title>PHP</title>', $body;
}

function form(string $why = ''): void
{
    page("<p>$why</p>" . '<form method="post" action="/login.php">
        <input name="user"> <input name="pass" type="password"> <button>Sign in</button></form>');
}

session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax', 'use_strict_mode' => true]);
$is_post = $_SERVER['REQUEST_METHOD'] === 'POST';
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/login.php':
        if (!$is_post) {
            form();
            break;
        }
        $user = $_POST['user'] ?? '';
        if (password_verify($_POST['pass'] ?? '', HASHES[$user] ?? '')) {
            session_regenerate_id(true);
            $_SESSION['user'] = $user;
            header('Location: /account.php', true, 303);
        } else {
            form('Wrong name or password');
        }
        break;
    case '/account.php':
        if (isset($_SESSION['user'])) {
            page('<p>Signed in as ' . htmlspecialchars($_SESSION['user']));
        } else {
            header('Location: /login.php', true, 303);
        }
        break;
    case '/logout.php':
        $_SESSION = [];
        session_destroy();
        setcookie(session_name(), '', ['expires' => 1, 'path' => '/', 'httponly' => true, 'samesite' => 'Lax']);
        header('Location: /login.php', true, 303);
        break;
    default:
        page('<p>Nothing is here', 404);
}
