# ending.t: a session that is used, renewed and ended at the same time (attack 64): nothing comes
# back, nothing is lost, nothing is doubled.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Logout;
use PlusAuth::Test;
use POSIX ();
use Test::More;

my $site = site('logout');
my $page = "$site/app/page.html";
faults();

# Runs the code in a process of its own; what gives its result, a text.
sub apart {
    my ($code) = @_;
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    if (!$pid) {
        my $said = eval { $code->() } // "died: $@";
        syswrite STDOUT, $said;
        POSIX::_exit(0);
    }
    return sub { local $/; my $said = <$from>; close $from; return $said };
}

# A request to a slow program, and what lets it end.
sub slow_request {
    my ($browser, $path) = @_;
    my $go = vars('t_logs') . '/ending-go';
    unlink $go, "$go.started";
    my $result = apart(sub { my $answer = $browser->get("$site$path?wait=$go");
        return join ' ', $answer->code, $answer->header('Set-Cookie') // () });
    die "the slow request did not start\n" if !poll(20, sub { -e "$go.started" });
    return sub {
        open my $touch, '>', $go or die "$go: $!\n";
        close $touch;
        my $said = $result->();
        unlink $go, "$go.started";
        return $said;
    };
}

my %ways = (
    'by its user' => sub { $_[0]->visit("$site/logout") },
    'by the back channel, sid' => sub { post_token($site, logout_token('logout', { sid => $_[1] })) },
    'by the back channel, sub' => sub { post_token($site, logout_token('logout', { sub => 'user-1' })) },
    'by the front channel' => sub {
        my $iss = 'http://127.0.0.1:' . vars('faulty_port') . '/i/logout';
        $_[0]->get("$site/logout/frontchannel?iss=$iss&sid=$_[1]");
    },
    'by another login of the browser' => sub {
        my $again = $_[0]->clone;
        $again->drop_cookie('plusauth');
        my $callback = $again->until($page, qr{/login/callback});
        $again->set_cookie(plusauth => session_cookie($_[0]));
        $again->visit($callback);
    },
);

for my $way (sort keys %ways) {
    for my $path ('/cgi', '/noted') {
        subtest "a request under way while its session is ended $way: $path" => sub {
            my $browser = signed_in_at($page);
            my $sid = sid_of($browser);
            my $copy = $browser->clone;
            my $finish = slow_request($copy, $path);
            $ways{$way}->($browser, $sid);
            ok !signed_in($copy, $page), 'effective on the next request, though one is under way';
            my ($code, $cookie) = split ' ', $finish->(), 2;
            is $code, 200, 'which ends well';
            ok !signed_in($copy, $page), 'and brings nothing back';
            unlike $cookie // '', qr/plusauth=[\w-]/, 'nor does it hand out another id';
        };
    }
    subtest "attack 64: a copied cookie after the session was ended $way" => sub {
        my $browser = signed_in_at($page);
        my $thief = $browser->clone;
        ok signed_in($thief, $page), 'the copy works';
        $ways{$way}->($browser, sid_of($browser));
        ok !signed_in($thief, $page), 'and is dead' for 1 .. 3;
        is $thief->fetch("$site/login/user")->code, 401, 'everywhere';
    };
}

subtest 'what is written late is kept while the session lives' => sub {
    my $browser = signed_in_at($page);
    my $finish = slow_request($browser->clone, '/noted');
    ok signed_in($browser, $page), 'another request meanwhile';
    like $finish->(), qr/^200/, 'a slow request that says something to keep';
    my $answer = $browser->get("$site/noted");
    like environment($answer)->{HTTP_SESSION} // '', qr/kept=words/, 'which is there';
    ok signed_in($browser, $page), 'and nobody was signed out';
};

subtest 'attack 64: login fixation' => sub {
    my $planted = session_cookie(signed_in_at($page));
    for my $id ('A' x 43, $planted) {
        my $browser = browser();
        $browser->set_cookie(plusauth => 'B' x 43);
        my $callback = $browser->until($page, qr{/login/callback});
        $browser->set_cookie(plusauth => $id);
        is $browser->visit($callback)->code, 200, 'signed in';
        isnt session_cookie($browser), $id, 'under an id that nobody knew before';
        my $attacker = browser();
        $attacker->set_cookie(plusauth => $id);
        ok !signed_in($attacker, $page), 'the planted one opens nothing';
    }
};

subtest 'two tabs that sign in at once' => sub {
    my $browser = browser();
    my @callbacks = map { $browser->until($page, qr{/login/callback}) } 1 .. 2;
    my @tabs = map { my $url = $_; apart(sub {
        my $tab = $browser->clone;
        my $answer = $tab->visit($url);
        return join ' ', $answer->code, session_cookie($tab) // 'none';
    }) } @callbacks;
    my @results = map { [split ' ', $_->()] } @tabs;
    is $_->[0], 200, 'each tab gets its page' for @results;
    isnt $results[0][1], $results[1][1], 'and a session of its own';
    my @copies = map { my $copy = browser(); $copy->set_cookie(plusauth => $_->[1]); $copy } @results;
    ok signed_in($copies[1], $page) && signed_in($copies[0], $page), 'whichever cookie stays is good';
    taken_with_200(post_token($site, logout_token('logout', { sub => 'user-1' })), 'all of that user');
    ok !signed_in($_, $page), 'ends both' for @copies;
};

subtest 'ten logins of one user at once are all in the index' => sub {
    user(sub => 'user-of-ten', username => 'ten');
    my @logins = map { apart(sub { my $own = browser(); $own->visit($page); return session_cookie($own) }) } 1 .. 10;
    my @ids = map { $_->() } @logins;
    my %different = map { $_ => 1 } @ids;
    is scalar keys %different, 10, 'ten sessions';
    my @copies = map { my $copy = browser(); $copy->set_cookie(plusauth => $_); $copy } @ids;
    is scalar(grep { signed_in($_, $page) } @copies), 10, 'that live';
    my $mark = log_mark();
    taken_with_200(post_token($site, logout_token('logout', { sub => 'user-of-ten' })), 'one logout');
    is scalar(grep { signed_in($_, $page) } @copies), 0, 'ends all';
    my $count = () = log_since($mark) =~ /signed out \(back channel\)/g;
    is $count, 10, 'and the log has a line for each';
    user(sub => 'user-1', username => 'ada');
};

subtest 'logout while another tab signs in' => sub {
    my $browser = signed_in_at($page);
    my $old = $browser->clone;
    my $blank = browser();
    my $callback = $blank->until($page, qr{/login/callback});
    $blank->set_cookie(plusauth => session_cookie($browser));
    faults('token.held');
    my $login = apart(sub { my $answer = $blank->visit($callback); return join ' ', $answer->code, session_cookie($blank) // 'none' });
    ok poll(20, sub { calls_to('/oauth2/token') }), 'a login is under way';
    $browser->visit("$site/logout");
    ok !signed_in($old, $page), 'the session is gone at once';
    is provider('release')->{released}, 1, 'the provider answers';
    my ($code, $id) = split ' ', $login->();
    is $code, 200, 'the login comes to its end';
    isnt $id, session_cookie($old), 'with a session of its own';
    ok !signed_in($old, $page), 'and the old one stays dead';
    my $new = browser();
    $new->set_cookie(plusauth => $id);
    ok signed_in($new, $page), 'the new one lives';
    faults();
};

subtest 'the provider signs a user out whose login is under way' => sub {
    for my $by ('sid', 'sub') {
        faults();
        my $browser = browser();
        my $callback = $browser->until($page, qr{/login/callback});
        my ($asked) = grep { $_->{path} =~ /authorize/ } calls();
        my $sid = sid_for($asked->{query}{state});
        faults('token.held');
        my $login = apart(sub { $browser->get($callback); return session_cookie($browser) // 'none' });
        ok poll(20, sub { calls_to('/oauth2/token') }), 'a login is under way';
        taken_with_200(post_token($site, logout_token('logout', $by eq 'sid' ? { sid => $sid } : { sub => 'user-1' })), "the provider ends it by $by");
        is provider('release')->{released}, 1, 'the provider answers';
        my $late = browser();
        $late->set_cookie(plusauth => $login->());
        ok !signed_in($late, $page), 'and when it comes to its end, it is none';
        faults();
        is browser()->visit($page)->code, 200, 'the next login is';
    }
};

subtest 'fifty requests of one session at once' => sub {
    my $browser = signed_in_at($page);
    my $id = session_cookie($browser);
    my @requests = map { my $n = $_; apart(sub {
        my $own = $browser->clone;
        # httpd may close a kept connection when it is busy, just as it is used again.
        $own->{agent}->conn_cache(undef);
        my @said;
        for my $path ('/app/page.html', '/cgi', '/noted', '/login/user', '/login?return_to=/app/page.html') {
            my $answer = $own->get("$site$path");
            push @said, $answer->code;
            push @said, "cookie at $path" if grep { /^plusauth=/ } $answer->header('Set-Cookie');
        }
        return "@said";
    }) } 1 .. 50;
    my %said;
    $said{ $_->() }++ for @requests;
    is_deeply \%said, { '200 200 200 200 302' => 50 }, 'all answered, no cookie changed' or diag explain \%said;
    ok signed_in($browser, $page), 'still signed in';
    is session_cookie($browser), $id, 'by the same id';
    my $mark = log_mark();
    taken_with_200(post_token($site, logout_token('logout', { sub => 'user-1' })), 'one logout');
    my $lines = () = log_since($mark) =~ /signed out \(back channel\)/g;
    cmp_ok $lines, '>=', 1, 'ends it';
    ok !signed_in($browser, $page), 'for good';
};

subtest 'twenty requests at once, and a logout among them' => sub {
    my $browser = signed_in_at($page);
    my $stop = vars('t_logs') . '/ending-stop';
    unlink $stop;
    my @users = map { apart(sub {
        my $own = $browser->clone;
        $own->{agent}->conn_cache(undef);
        my %codes;
        until (-e $stop) { $codes{ $own->get("$site/noted")->code }++ }
        return join ' ', sort keys %codes;
    }) } 1 .. 8;
    ok signed_in($browser, $page), 'in use';
    my $copy = $browser->clone;
    $browser->visit("$site/logout");
    my @after = map { signed_in($copy, $page) ? 1 : () } 1 .. 50;
    is scalar @after, 0, 'after the logout no request finds it';
    open my $touch, '>', $stop or die "$stop: $!\n";
    close $touch;
    my @codes = map { $_->() } @users;
    unlink $stop;
    like $_, qr/^(?:200 302|302)$/, 'requests were served or sent to login' for @codes;
    ok !signed_in($copy, $page), 'and it stays gone';
};

done_testing;
