import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'

export interface SilentMount {
  /** Lets its server end: whoever has asked is told that nothing is there any more. */
  close(): Promise<void>
}

/** Takes the first message of the kernel (FUSE_INIT) and answers it, takes all others and answers none. */
const SERVER = `use Fcntl;
my ($place) = @ARGV;
$^F = 9; # what is opened here is for mount(8), too
sysopen(my $fuse, "/dev/fuse", O_RDWR) or die "open: $!";
my $options = "fd=" . fileno($fuse) . ",rootmode=40000,user_id=0,group_id=0";
system("mount", "-i", "-t", "fuse", "-o", $options, "silent", $place) == 0 or die "mount";
$^F = 2;
sysread($fuse, my $asked, 135168) or die "read: $!";
my (undef, undef, $unique) = unpack("LLQ", $asked);
syswrite($fuse, pack("LlQLLLLSSLLSSL8", 80, 0, $unique, 7, 31, 4096, 0, 0, 0, 4096, 1, 1, 0, (0) x 8));
$| = 1;
print "mounted\\n";
1 while sysread($fuse, $asked, 135168);
`

/**
 * Mounts a file system on a folder whose server takes questions and never answers, as one does that hangs: who asks
 * cannot even be killed before it has ended.
 * @param script where the server's script may be written
 * @param enter the argv that runs a command where it is to be mounted
 */
export async function mountSilent(
  folder: string,
  { script, enter = (argv) => argv }: { script: string; enter?: (argv: string[]) => string[] },
): Promise<SilentMount> {
  await writeFile(script, SERVER)
  const [command = '', ...args] = enter(['perl', script, folder])
  const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(server, 'exit')
  await Promise.race([
    once(server.stdout, 'data'),
    gone.then(() => Promise.reject(new Error('there is no FUSE to mount with'))),
  ])
  return {
    async close() {
      server.kill('SIGKILL')
      await gone
    },
  }
}
