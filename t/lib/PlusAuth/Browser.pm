# Browser.pm: a browser as far as logins need one: a cookie jar, navigation headers, forms, and
# redirects that are followed one step at a time, so that each can be looked at.
#
#   my $browser = PlusAuth::Browser->new;
#   my $page = $browser->visit('http://localhost:8529/app/');   # follows redirects
#   my $step = $browser->get($url);                             # does not
#   $browser->{trail}                                           # every answer of the last visit
package PlusAuth::Browser;
use strict;
use warnings;
use HTTP::Request;
use LWP::UserAgent;
use URI;

# Apache::Test asks for HTTP/1.0, where no connection is kept.
delete $ENV{PERL_LWP_USE_HTTP_10};

my $REDIRECTS_MAX = 12;
my @NAVIGATION = (
    'Accept' => 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept-Language' => 'en',
    'Sec-Fetch-Dest' => 'document',
    'Sec-Fetch-Mode' => 'navigate',
    'Sec-Fetch-User' => '?1',
    'Upgrade-Insecure-Requests' => '1',
);

# `at` maps the origin of a URL to where it really is served: {'https://a.test' => 'http://localhost:1'}
sub new {
    my ($class, %options) = @_;
    # keep_alive: a browser holds its connection, and so stays with one process of httpd.
    my $agent = LWP::UserAgent->new(keep_alive => 4, timeout => 60, requests_redirectable => [],
        agent => 'PlusAuth-Browser/1', env_proxy => 0,
        ssl_opts => { SSL_ca_file => $options{ca_file}, verify_hostname => 1 });
    $agent->max_redirect(0);
    return bless { agent => $agent, cookies => {}, trail => [], at => {}, %options }, $class;
}

# Another browser with the same cookies, as they are now.
sub clone {
    my ($self) = @_;
    my $other = (ref $self)->new(at => $self->{at}, ca_file => $self->{ca_file});
    for my $host (keys %{ $self->{cookies} }) {
        $other->{cookies}{$host}{$_} = { %{ $self->{cookies}{$host}{$_} } }
            for keys %{ $self->{cookies}{$host} };
    }
    return $other;
}

# One request as it stands, with our cookies; the answer's are kept. A header of undef is left out.
sub request {
    my ($self, $method, $url, $headers, $body) = @_;
    my $uri = URI->new($url);
    my $host = $uri->host;
    my $origin = origin_of($uri);
    my $request = HTTP::Request->new($method, $url);
    if (my $real = $self->{at}{$origin}) {
        $request->uri($real . $uri->path_query);
        $request->header(Host => $uri->host_port =~ s/:(?:80|443)$//r);
    }
    my @headers = @{ $headers || [] };
    while (my ($name, $value) = splice @headers, 0, 2) {
        $request->push_header($name => $value) if defined $value;
    }
    my $cookies = $self->cookie_header($host, $uri->path || '/', $uri->scheme);
    $request->push_header(Cookie => $cookies) if length $cookies && !defined $request->header('Cookie');
    $request->content($body) if defined $body;
    my $answer = $self->{agent}->request($request);
    $answer->{seen_url} = $url;
    $self->_keep($host, $_) for $answer->header('Set-Cookie');
    return $answer;
}

# One step of a navigation. `site` is what Sec-Fetch-Site says: none (typed or bookmarked) by default.
sub get {
    my ($self, $url, %more) = @_;
    my $site = exists $more{site} ? delete $more{site} : 'none';
    my $method = delete $more{method} || 'GET';
    return $self->request($method, $url, _headers(\%more, @NAVIGATION, 'Sec-Fetch-Site' => $site));
}

# A form sent as a page of the same site would.
sub post {
    my ($self, $url, $fields, %more) = @_;
    my $form = URI->new('http:');
    $form->query_form(%{ $fields || {} });
    my $site = exists $more{site} ? delete $more{site} : 'same-origin';
    my $headers = _headers(\%more, @NAVIGATION, 'Sec-Fetch-Site' => $site,
        'Content-Type' => 'application/x-www-form-urlencoded');
    return $self->request('POST', $url, $headers, $form->query // '');
}

# What a script on the page asks for.
sub fetch {
    my ($self, $url, %more) = @_;
    my $method = delete $more{method} || 'GET';
    return $self->request($method, $url, _headers(\%more, 'Accept' => '*/*',
        'Sec-Fetch-Dest' => 'empty', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Site' => 'same-origin'));
}

# What a test says of a header counts instead of what is usual.
sub _headers {
    my ($own, @usual) = @_;
    my %said = map { lc $_ => 1 } keys %$own;
    my @headers;
    while (my ($name, $value) = splice @usual, 0, 2) {
        push @headers, $name, $value if !$said{ lc $name };
    }
    return [@headers, %$own];
}

sub _leads_to {
    my ($answer) = @_;
    return $answer->header('Location') if $answer->code =~ /^30[1237]$/;
    return ($answer->header('Refresh') // '') =~ /^0; url=(.*)/ ? $1 : undef;
}

# Follows an answer's redirects to the last, which is returned; all are in {trail}.
sub follow {
    my ($self, $answer, %more) = @_;
    my $site = $more{site} || 'none';
    $self->{trail} = [$answer];
    while (defined(my $to = _leads_to($answer))) {
        die "more than $REDIRECTS_MAX redirects\n" if @{ $self->{trail} } > $REDIRECTS_MAX;
        my $next = URI->new_abs($to, $answer->{seen_url});
        $site = 'cross-site'
            if $site ne 'none' && origin_of($next) ne origin_of(URI->new($answer->{seen_url}));
        $answer = $self->get($next->as_string, site => $site);
        push @{ $self->{trail} }, $answer;
    }
    return $answer;
}

sub visit {
    my ($self, $url, %more) = @_;
    return $self->follow($self->get($url, %more), %more);
}

# Follows redirects until one leads to a URL that matches; that URL, not yet asked for.
sub until {
    my ($self, $url, $pattern) = @_;
    for (0 .. $REDIRECTS_MAX) {
        my $answer = $self->get($url);
        my $location = $answer->header('Location')
            // die "no redirect to $pattern, but @{[$answer->status_line]} from $url\n";
        $url = URI->new_abs($location, $url)->as_string;
        return $url if $url =~ $pattern;
    }
    die "no redirect to $pattern\n";
}

# Fills and sends the first form of a page (all its fields, ours over them).
sub submit {
    my ($self, $page, %fields) = @_;
    my ($tag, $inside) = $page->decoded_content =~ m{<form\b([^>]*)>(.*?)</form>}is
        or die 'no form on ' . $page->{seen_url} . "\n";
    my ($action) = $tag =~ /\baction="([^"]*)"/i;
    my ($method) = $tag =~ /\bmethod="([^"]*)"/i;
    my %all;
    for my $input ($inside =~ /<input\b([^>]*)>/gi) {
        my ($name) = $input =~ /\bname="([^"]*)"/i or next;
        $all{$name} = $input =~ /\bvalue="([^"]*)"/i ? _unescape($1) : '';
    }
    my $url = URI->new_abs(_unescape($action // $page->{seen_url}), $page->{seen_url})->as_string;
    return $self->follow($self->post($url, { %all, %fields })) if lc($method // '') eq 'post';
    my $uri = URI->new($url);
    $uri->query_form(%all, %fields);
    return $self->visit($uri->as_string, site => 'same-origin');
}

# The jar.

sub cookie_header {
    my ($self, $host, $path, $scheme) = @_;
    my $jar = $self->{cookies}{$host} || {};
    my @pairs;
    for my $name (sort keys %$jar) {
        my $cookie = $jar->{$name};
        next if $cookie->{secure} && $scheme ne 'https';
        next if index($path, $cookie->{path}) != 0;
        push @pairs, "$name=$cookie->{value}";
    }
    return join '; ', @pairs;
}

# Name => value of all cookies of a host.
sub cookies {
    my ($self, $host) = @_;
    my $jar = $self->{cookies}{ $host || 'localhost' } || {};
    return map { $_ => $jar->{$_}{value} } sort keys %$jar;
}

sub set_cookie {
    my ($self, $name, $value, $host) = @_;
    $self->{cookies}{ $host || 'localhost' }{$name} = { value => $value, path => '/' };
    return;
}

sub drop_cookie {
    my ($self, $name, $host) = @_;
    delete $self->{cookies}{ $host || 'localhost' }{$name};
    return;
}

sub _keep {
    my ($self, $host, $line) = @_;
    my ($name, $value, %attributes) = parse_set_cookie($line) or return;
    if (defined $attributes{'max-age'} ? $attributes{'max-age'} <= 0
        : ($attributes{expires} // '') =~ /\b(?:1970|1999|2000)\b/) {
        delete $self->{cookies}{$host}{$name};
        return;
    }
    $self->{cookies}{$host}{$name} = {
        value => $value,
        path => $attributes{path} || '/',
        secure => exists $attributes{secure},
    };
    return;
}

# Name, value, and the attributes with lower-case names.
sub parse_set_cookie {
    my ($line) = @_;
    my ($pair, @rest) = split /\s*;\s*/, $line;
    my ($name, $value) = split /=/, $pair, 2;
    return ($name, $value // '', map { my ($n, $v) = split /=/, $_, 2; (lc $n => $v // '') } @rest);
}

sub origin_of {
    my ($uri) = @_;
    my $port = $uri->port == $uri->default_port ? '' : ':' . $uri->port;
    return $uri->scheme . '://' . $uri->host . $port;
}

sub _unescape {
    my ($text) = @_;
    my %named = (amp => '&', lt => '<', gt => '>', quot => '"');
    my $one = sub { defined $_[0] ? chr hex $_[0] : defined $_[1] ? chr $_[1] : $named{ $_[2] } };
    $text =~ s/&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot));/$one->($1, $2, $3)/ge;
    return $text;
}

1;
