# Logout.pm: the provider's side of a logout: logout tokens, right and wrong, and where they go.
package PlusAuth::Logout;
use strict;
use warnings;
use Digest::SHA 'sha256_base64';
use Exporter 'import';
use PlusAuth::Test;
use Test::More;
use URI;

our @EXPORT = qw(logout_token post_token sid_of sid_for signed_in_at refused_with_400 taken_with_200);

# A logout token of the issuer /i/NAME; of `claims` an undef takes one away.
#   logout_token('app', { sid => $sid }, 'logout.nonce', 'jws.genuine_ES256')
sub logout_token {
    my ($issuer, $claims, @faults) = @_;
    return provider('logout_token', { issuer => $issuer, claims => $claims, faults => \@faults })
        ->{token};
}

# As a provider posts it: neither cookies nor what a browser says of itself.
sub post_token {
    my ($site, $token) = @_;
    my $form = URI->new('http:');
    $form->query_form(logout_token => $token);
    return browser()->request('POST', "$site/logout/backchannel",
        ['Content-Type' => 'application/x-www-form-urlencoded'], $form->query);
}

# A browser that has just signed in at a protected page.
sub signed_in_at {
    my ($url, %options) = @_;
    my $browser = browser(%options);
    my $answer = $browser->visit($url);
    die "no login at $url: " . $answer->status_line . "\n" if $answer->code != 200;
    return $browser;
}

# What the provider calls the session that the browser's last visit began.
sub sid_of {
    my ($browser) = @_;
    for my $answer (reverse @{ $browser->{trail} }) {
        my $location = $answer->header('Location') // next;
        next if $location !~ m{/authorize\?};
        my %query = URI->new($location)->query_form;
        return sid_for($query{state});
    }
    die "no login in this browser's last visit\n";
}

# The same for the login of that state.
sub sid_for { return sha256_base64($_[0]) =~ tr{+/}{-_}r }

sub refused_with_400 {
    my ($answer, $name) = @_;
    is $answer->code, 400, $name;
    is $answer->header('Cache-Control'), 'no-store', 'and says no-store';
    return;
}

sub taken_with_200 {
    my ($answer, $name) = @_;
    is $answer->code, 200, $name;
    is $answer->header('Cache-Control'), 'no-store', 'and says no-store';
    is $answer->content, '', 'and nothing else';
    return;
}

1;
