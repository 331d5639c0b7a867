#!/usr/bin/perl
# env.pl: the environment of a CGI program as JSON, and what it was posted. With ?wait=FILE it first
# says FILE.started and waits until FILE is there: a slow application. KEEP in the environment is said
# in a header of the answer, for SessionHeader.
use strict;
use warnings;
use JSON::PP;

my $body = '';
if ($ENV{CONTENT_LENGTH}) {
    read STDIN, $body, $ENV{CONTENT_LENGTH};
}
if (($ENV{QUERY_STRING} // '') =~ m{^wait=([\w/.-]+)$}) {
    my $file = $1;
    open my $started, '>', "$file.started" or die "$file.started: $!\n";
    close $started;
    for (1 .. 300) {
        last if -e $file;
        select undef, undef, undef, 0.05;
    }
}
print "X-Keep: $ENV{KEEP}\r\n" if defined $ENV{KEEP};
print "Content-Type: application/json\r\n\r\n";
print JSON::PP->new->canonical->encode({ env => {%ENV}, body => $body });
