# install.t: `make install` and `make uninstall` keep what somebody edited, and say so.
use strict;
use warnings;
use lib 't/lib';
use File::Path 'make_path';
use File::Temp 'tempdir';
use PlusAuth::Test;
use Test::More;

my $top = vars('top_dir');
my %paths = (LIBEXECDIR => '/opt/httpd/modules', DATADIR => '/opt/share/plusauth', CONFDIR => '/opt/httpd/conf');
my $available = "$paths{CONFDIR}/mods-available";
my $conf = "$available/plusauth.conf";
my $template = "$paths{DATADIR}/templates/main.html";

# make install or uninstall, into `root` and from `sources`, which are this tree's or another version's. Nothing is
# built: `all` counts as done.
sub make {
    my ($what, $root, $sources) = @_;
    local $ENV{MAKEFLAGS} = '';
    my @variables = map { "'$_'" } "DESTDIR=$root", 'BUILD=' . vars('build'), map { "$_=$paths{$_}" } sort keys %paths;
    return scalar qx(make -s -o all -C '@{[$sources // $top]}' --no-print-directory $what @variables 2>&1);
}

sub new_root {
    my $root = tempdir(CLEANUP => 1);
    make_path("$root$available", "$root$paths{CONFDIR}/mods-enabled");
    return $root;
}

# The sources of another version: plusauth.conf and main.html have one more line.
sub other_version {
    my $sources = tempdir(CLEANUP => 1);
    system 'cp', '-R', "$top/Makefile", "$top/conf", "$top/templates", $sources;
    add("$sources/$_", "# of another version\n") for qw(conf/plusauth.conf templates/main.html);
    return $sources;
}

sub text_of {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return <$in>;
}

sub add {
    my ($file, $text) = @_;
    open my $out, '>>', $file or die "$file: $!\n";
    print {$out} $text;
    close $out or die "$file: $!\n";
    return;
}

sub files_below { return split /\n/, qx(find '$_[0]' ! -type d) }

my $root = new_root();
my $said = make('install', $root);
is $?, 0, 'installs' or diag $said;
ok -s "$root$_", "$_ is there" for "$paths{LIBEXECDIR}/mod_plusauth.so", "$paths{LIBEXECDIR}/mod_plusauth_redis.so",
    $template, $conf, "$available/plusauth.load";
like text_of("$root$available/plusauth.load"), qr{^LoadModule plusauth_module \Q$paths{LIBEXECDIR}\E/mod_plusauth\.so$}m,
    'plusauth.load names the module where it is';
ok -d "$root$paths{CONFDIR}/plusauth", "a directory for the site's own templates";
like make('install', $root), qr/^installed/, 'again';
is scalar(grep { /\.new$/ } files_below($root)), 0, 'nothing differs';

my $later = other_version();
unlike make('install', $root, $later), qr/kept/, 'a later version';
like text_of("$root$_"), qr/of another version/, "replaces $_, which nobody edited" for $conf, $template;

add("$root$_", "# edited here\n") for $conf, $template;
$said = make('install', $root);
for ($conf, $template) {
    like text_of("$root$_"), qr/of another version\n# edited here/, "$_ keeps an edit";
    unlike text_of("$root$_.new"), qr/edited here|another version/, 'with the new version beside it';
    like $said, qr/^kept \Q$root$_\E.*\Q$root$_.new\E$/m, 'and a line that says so';
}

unlink "$root$conf";
symlink 'site.conf', "$root$conf" or die "symlink: $!\n";
add("$root$available/site.conf", "Session On\n");
like make('install', $root), qr/^kept \Q$root$conf\E/m, 'a link in place of the file is kept';
is text_of("$root$available/site.conf"), "Session On\n", 'and what it names is not written to';
unlink "$root$conf", "$root$available/site.conf";

make('install', $root);
add("$root$conf", "# edited here\n");
symlink "../mods-available/$_", "$root$paths{CONFDIR}/mods-enabled/$_" for qw(plusauth.load plusauth.conf);
$said = make('uninstall', $root);
is $?, 0, 'uninstalls' or diag $said;
like $said, qr/^kept \Q$root$_\E, which was edited$/m, "keeps $_ and says so" for $conf, $template;
is_deeply [sort(files_below($root))], [sort map { "$root$_" } $conf, $template], 'nothing else is left';
make('uninstall', $root);
isnt $?, 0, 'there is nothing to remove any more';

$root = new_root();
make('install', $root);
make('uninstall', $root);
is_deeply [files_below($root)], [], 'without edits nothing at all is left';
ok !-e "$root$_", "not even $_" for $paths{DATADIR}, "$paths{CONFDIR}/plusauth";

# Files that an earlier version installed without a record of them.
$root = new_root();
add("$root$conf", "PlusAuthTenant mine\n");
like make('install', $root), qr/^kept \Q$root$conf\E/m, 'what was there before is taken for edited';
is text_of("$root$conf"), "PlusAuthTenant mine\n", 'and stays';

# An httpd that is laid out otherwise.
$root = tempdir(CLEANUP => 1);
$said = make('install', $root);
is $?, 0, 'installs where there is no mods-available';
like $said, qr{LoadModule session_module.*LoadModule plusauth_module \Q$paths{LIBEXECDIR}\E/mod_plusauth\.so}s,
    'and says what to write';
ok -s "$root$paths{DATADIR}/plusauth.conf", 'about a file that is there';

done_testing;
