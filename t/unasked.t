# unasked.t: a session that nothing asks for is not looked up: files that anybody may see wait for no store, whoever
# asks for them, also where `Session On` stands for the whole server. And hosts without sign-in say nothing of it.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Stores;
use PlusAuth::Test;
use Test::More;

my $COOKIE = "SessionCookieName session path=/;HttpOnly;SameSite=Lax\n";
my $KEY = "PlusAuthKey 8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i\n";
my $cgi = vars('serverroot') . '/cgi-bin/env.pl';
my $redis = PlusAuth::Stores->start('redis') or plan skip_all => 'no redis-server here';

# How often redis was asked for a record.
sub asked {
    my $stats = $redis->redis('INFO', 'commandstats') // die "redis does not answer\n";
    return $stats =~ /cmdstat_get:calls=(\d+)/ ? $1 : 0;
}

faults();
for my $store ('redis://', 'cookie redis://', 'mod_session redis://') {
    subtest "PlusAuthSessionStore $store" => sub {
        my $site = PlusAuth::Site->new('unasked', config => "PlusAuthSessionStore $store" . $redis->address . "\n$KEY"
            . ($store =~ /^mod/ ? $COOKIE : '') . "ScriptAlias /env $cgi\n<Location /env/told>\nSessionEnv On\n</Location>\n")->start;
        my $browser = browser();
        is $browser->visit($site->page)->code, 200, 'signed in';
        my $before = asked();
        is $browser->get($site->url('/open/sorry.html'))->code, 200, 'a file that is not protected';
        is $browser->get($site->url('/nowhere'))->code, 404, 'one that is not there';
        is $browser->get($site->url('/open'))->code, 301, 'a redirect';
        is $browser->get($site->url('/env'))->code, 200, 'a program';
        is asked(), $before, 'and nobody asked the store';
        is $browser->get($site->page)->code, 200, 'a protected file';
        cmp_ok asked(), '>', $before, 'asks it';
        $before = asked();
        is $browser->get($site->url('/login/user'))->code, 200, 'so does the user';
        cmp_ok asked(), '>', $before, 'of an unprotected path';
        $redis->freeze;
        is $browser->get($site->url('/open/sorry.html'))->code, 200, 'with the store hanging, a file is served';
        is $browser->get($site->page)->code, 503, 'and what is protected is not';
        $redis->thaw;
        is poll(30, sub { $browser->get($site->page)->code == 200 }), 1, 'until it answers again';
        $site->stop;
    };
}

subtest 'what asks mod_session for its session still gets it' => sub {
    my $site = PlusAuth::Site->new('told', config => <<"CONFIG")->start;
ScriptAlias /env $cgi
<Location /env>
    SessionHeader X-Keep
    SetEnv KEEP kept=words
</Location>
ScriptAlias /told $cgi
<Location /told>
    SessionEnv On
</Location>
CONFIG
    my $browser = browser();
    is $browser->get($site->url('/env'))->code, 200, 'a program that keeps something';
    like environment($browser->get($site->url('/told')))->{HTTP_SESSION} // '', qr/kept=words/, 'is told of it later';
    my $anonymous = session_cookie($browser);
    is $browser->visit($site->page)->code, 200, 'signed in';
    isnt session_cookie($browser), $anonymous, 'with a new id';
    like environment($browser->get($site->url('/told')))->{HTTP_SESSION} // '', qr/kept=words/, 'what was kept is kept';
    my $other = browser();
    $other->set_cookie('plusauth', $anonymous);
    unlike environment($other->get($site->url('/told')))->{HTTP_SESSION} // '', qr/kept/, 'the old id is worth nothing';
    $browser->visit($site->url('/login?prompt=login'));
    like environment($browser->get($site->url('/told')))->{HTTP_SESSION} // '', qr/kept=words/, 'the same user once more';
    user(sub => 'user-2');
    $browser->visit($site->url('/login?prompt=login'));
    user();
    is json($browser->get($site->url('/login/user')))->{user} // 'user-2', 'user-2', 'another user';
    unlike environment($browser->get($site->url('/told')))->{HTTP_SESSION} // '', qr/kept/, 'gets nothing of the first';
    $site->stop;
};

subtest 'Session On where nobody can sign in says nothing, and keeps nothing' => sub {
    my $site = PlusAuth::Site->new('nobody', config => "PlusAuthEngine off\n<Location /app>\nAuthType None\n"
        . "Require all granted\n</Location>\n")->start;
    my $answer = browser()->get($site->page, Cookie => 'plusauth=x');
    is $answer->code, 200, 'a file';
    is $answer->header('Set-Cookie'), undef, 'without a cookie';
    unlike $site->log_since(0), qr/AH01815|\[session[:_]|\[plusauth:(?:warn|error)/, 'and no line in the log of sessions';
    $site->stop;
};

subtest 'hosts that use mod_session for something else stay as they are' => sub {
    my $site = PlusAuth::Site->new('others', config => <<"CONFIG")->start;
PlusAuthEngine off
$COOKIE
ScriptAlias /env $cgi
<Location /env>
    SessionHeader X-Keep
    SessionEnv On
    SetEnv KEEP kept=words
</Location>
CONFIG
    my $browser = browser();
    $browser->get($site->url('/env'));
    my %cookies = $browser->cookies;
    like $cookies{session} // '', qr/kept=words/, 'mod_session_cookie keeps what a program says';
    like environment($browser->get($site->url('/env')))->{HTTP_SESSION} // '', qr/kept=words/, 'and says it';
    $site->stop;
};

done_testing;
