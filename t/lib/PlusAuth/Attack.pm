# Attack.pm: one login under named faults, and what must and must not come of it. Every use is one
# named test; the number is the line of the list of attacks that the test is for.
package PlusAuth::Attack;
use strict;
use warnings;
use Exporter 'import';
use PlusAuth::Test;
use Test::More;

our @EXPORT = qw(refused accepted refused_all unharmed $PROTECTED);

# What only somebody who is signed in may ever see.
our $PROTECTED = qr/the protected page/;

# refused 33, 'aud missing', 'claims.aud_missing', status => 401, log => qr/aud/, uncalled => [...];
# `at` names a provider of /p/NAME, instead of the server's own; `site` is a virtual host or a PlusAuth::Site.
sub refused {
    my ($number, $name, $faults, %want) = @_;
    my $url = _url(%want);
    return subtest "attack $number: $name" => sub {
        faults(_list($faults));
        my $mark = _log(\%want);
        my $browser = browser();
        my $answer = $browser->visit($url);
        my $status = $want{status} // 401;
        like $answer->code, ref $status ? $status : qr/^$status$/, "status " . $answer->code;
        like $answer->header('WWW-Authenticate') // '', qr/^PlusAuth\b/, 'which names a way in' if $answer->code == 401;
        unharmed($browser, $url, $answer);
        for my $path (_list($want{uncalled})) {
            is scalar calls_to($path), 0, "no request to $path";
        }
        for my $path (_list($want{called})) {
            isnt scalar calls_to($path), 0, "it got as far as $path";
        }
        my ($said) = _log(\%want, $mark) =~ /(?:refused|\] (?:\S+ )?login): (.*)/;
        like $said, $want{log}, 'the log names the reason' if $want{log};
        $want{also}->($browser, $answer) if $want{also};
        faults();
    };
}

# Nobody is signed in, nothing protected was shown, and nothing went to where it should not.
sub unharmed {
    my ($browser, $url, $answer) = @_;
    ok $answer->decoded_content !~ $PROTECTED, 'the answer shows nothing protected';
    ok !defined session_cookie($browser), 'no session cookie';
    ok !signed_in($browser, $url), 'nobody is signed in';
    is scalar(grep { $_->{path} =~ /stolen/ } calls()), 0, 'nothing was sent anywhere else';
    return;
}

# The same for a table: [number, name, fault, what is different...].
sub refused_all {
    my ($common, @cases) = @_;
    for my $case (@cases) {
        my ($number, $name, $fault, @own) = @$case;
        refused($number, $name, $fault, %$common, @own);
    }
    return;
}

# What looks odd and is right nevertheless.
sub accepted {
    my ($number, $name, $faults, %want) = @_;
    my $url = _url(%want);
    my $title = $number ? "attack $number: $name" : $name;
    return subtest $title => sub {
        faults(_list($faults));
        my $browser = browser();
        my $answer = $browser->visit($url);
        is $answer->code, 200, 'signed in';
        ok $answer->decoded_content =~ $PROTECTED, 'and sees the page';
        $want{also}->($browser, $answer) if $want{also};
        faults();
    };
}

# The error log from a mark on; without one, a mark.
sub _log {
    my ($want, @mark) = @_;
    my ($site, $what) = ($want->{site}, @mark ? 'log_since' : 'log_mark');
    return ref $site ? $site->$what(@mark) : PlusAuth::Test->can($what)->(@mark);
}

sub _url {
    my (%want) = @_;
    return $want{site}->page if ref $want{site};
    return site($want{site} || 'attack') . ($want{at} ? "/p/$want{at}" : '/app') . '/page.html';
}

sub _list { return !defined $_[0] ? () : ref $_[0] ? @{ $_[0] } : $_[0] }

1;
