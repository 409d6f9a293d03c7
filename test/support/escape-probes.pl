# Tries, from inside a container, what has led out of containers before. One line for each: its name, and `yes` when the
# door is open. Nothing is done behind a door that opens. Perl is on every Debian and can make any system call.
use strict;
use warnings;
use Fcntl;
$| = 1;

# x86-64, asm/unistd_64.h
my %call = (
    mount => 165, umount => 166, setns => 308, unshare => 272, keyctl => 250, bpf => 321, perf_event_open => 298,
    io_uring_setup => 425, userfaultfd => 323, open_by_handle_at => 304, init_module => 175, mknod => 133,
    open_tree => 428, fsopen => 430, add_key => 248, ptrace => 101, pidfd_getfd => 438,
);
my ($EPERM, $EACCES, $ENOSYS, $EROFS) = (1, 13, 38, 30);

sub probe { my ($name, $test) = @_; my $open = eval { $test->() }; print "$name ", ($open ? 'yes' : 'no'), "\n" }

# True unless the kernel says that this may not be called at all: what is wrong with the arguments is told after that.
sub callable {
    my ($name, @arguments) = @_;
    return 1 if syscall($call{$name}, @arguments) != -1;
    return !grep { $! == $_ } $EPERM, $EACCES, $ENOSYS;
}

sub writable { sysopen(my $file, $_[0], O_WRONLY) }

sub mounts {
    my ($type) = "$_[0]";
    my $target = '/tmp/escape'; # a literal may not be handed to a system call
    mkdir $target;
    return 0 if syscall($call{mount}, $type, $target, $type, 0, 0) == -1;
    syscall($call{umount}, $target, 2);
    return 1;
}

sub opens_device {
    my ($mode, $major, $minor) = @_;
    my $path = '/tmp/device';
    unlink $path;
    my $number = ($minor & 0xff) | ($major << 8) | (($minor & ~0xff) << 12);
    return 0 if syscall($call{mknod}, $path, $mode, $number) == -1;
    return sysopen(my $file, $path, O_RDONLY);
}

sub text { open(my $file, '<', $_[0]) or return ''; local $/; my $all = <$file>; return $all // '' }

sub in_child {
    my ($test) = @_;
    my $pid = fork();
    exit($test->() ? 0 : 1) if $pid == 0;
    waitpid($pid, 0);
    return $? == 0;
}

probe 'mount-proc', sub { mounts('proc') };
probe 'mount-sysfs', sub { mounts('sysfs') };
probe 'mount-tmpfs', sub { mounts('tmpfs') };
probe 'release-agent', sub { mounts('cgroup2') };
probe 'fsopen', sub { callable('fsopen', 0, 0) };
probe 'open-tree', sub { callable('open_tree', 0, 0, 0xffffff) };
probe 'user-namespace', sub { in_child(sub { callable('unshare', 0x10000000) }) };
probe 'mount-namespace', sub { in_child(sub { callable('unshare', 0x00020000) }) };
probe 'enter-namespace', sub {
    sysopen(my $file, '/proc/self/ns/mnt', O_RDONLY) or return 0;
    return in_child(sub { callable('setns', fileno($file), 0x00020000) });
};
probe 'core-pattern', sub { writable('/proc/sys/kernel/core_pattern') };
probe 'sysrq', sub { writable('/proc/sysrq-trigger') };
probe 'sys-write', sub { grep { writable($_) } '/sys/kernel/rcu_expedited', '/sys/kernel/mm/transparent_hugepage/enabled' };
probe 'cgroup-write', sub { grep { writable($_) } glob('/sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs') };
probe 'masked', sub { grep { text($_) ne '' } '/proc/interrupts', '/proc/timer_list', '/proc/keys' };
probe 'null-replaced', sub { my @null = stat('/dev/null'); return $null[6] != 0x103 };
probe 'disk', sub { my ($major, $minor) = split /:/, $ENV{DISK}; opens_device(0060600, $major, $minor) };
probe 'kmsg', sub { opens_device(0020600, 1, 11) };
probe 'fuse', sub { opens_device(0020600, 10, 229) };
probe 'keyring', sub { callable('keyctl', 0, -3, 0) };
probe 'bpf', sub { callable('bpf', 0, 0, 0) };
probe 'perf', sub { callable('perf_event_open', 0, 0, 0, 0, 0) };
probe 'io-uring', sub { callable('io_uring_setup', 0, 0) };
probe 'userfaultfd', sub { callable('userfaultfd', 1) };
probe 'shocker', sub { callable('open_by_handle_at', -100, 0, 0) };
probe 'module', sub { callable('init_module', 0, 0, 0) };
probe 'host-process', sub { -e "/proc/$ENV{HOST_PID}/comm" };
probe 'host-root', sub { opendir(my $folder, "/proc/$ENV{HOST_PID}/root") };
probe 'abstract-sockets', sub { text('/proc/net/unix') =~ /\@\S/ };
# CVE-2024-21626: a folder of the host among the open files, or as the working directory
probe 'leaked-folder', sub { grep { -d $_ && readlink($_) !~ m{^/proc} } glob('/proc/1/fd/*') };
probe 'unreachable-folder', sub { (readlink('/proc/self/cwd') // '') =~ /unreachable/ };

sub same { join(' ', (stat shift)[0, 1]) eq join(' ', (stat shift)[0, 1]) }

# CVE-2019-5736: the runtime's own program, while the healthcheck brings it here. Who sees the whole machine is the
# control: it could open that program, and nobody on the machine can start what is open for writing (ETXTBSY).
my $rounds = -e "/proc/$ENV{HOST_PID}/comm" ? 0 : 600;
my %held;
my $overwritten = 0;
my $seen = 0;
for (1 .. $rounds) {
    for my $exe (glob '/proc/[0-9]*/exe') {
        (my $comm = $exe) =~ s{exe$}{comm};
        next unless text($comm) =~ /crun|runc/;
        $seen = 1; # it hides its program by not being dumpable
        my $file;
        next if $held{$exe} || !sysopen($file, $exe, 0x200000); # O_PATH
        $held{$exe} = $file unless same($file, '/bin/true'); # it has just become the healthcheck
    }
    for my $file (values %held) { $overwritten = 1 if writable('/proc/self/fd/' . fileno($file)) }
    select(undef, undef, undef, 0.005);
}
print "runtime-seen ", ($seen ? 'yes' : 'no'), "\n";
print "runtime-overwritten ", ($overwritten ? 'yes' : 'no'), "\n";
print "done yes\n";
sleep 1000;
