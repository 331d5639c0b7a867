#!/usr/bin/perl
# env.pl: the environment of a CGI program as JSON, and what it was posted.
use strict;
use warnings;
use JSON::PP;

my $body = '';
if ($ENV{CONTENT_LENGTH}) {
    read STDIN, $body, $ENV{CONTENT_LENGTH};
}
print "Content-Type: application/json\r\n\r\n";
print JSON::PP->new->canonical->encode({ env => {%ENV}, body => $body });
