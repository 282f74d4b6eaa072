"""parallel-ssh (libssh2): connects to so many hosts, 50 at a time, and runs `true` so often on each. It checks no host keys."""
import getpass
import sys

from pssh.clients import ParallelSSHClient

directory, hosts, commands = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
names = open(f"{directory}/hosts").read().split()[:hosts]
client = ParallelSSHClient(names, port=22022, user=getpass.getuser(), pkey=f"{directory}/id_ed25519", pool_size=50, num_retries=1,
                           allow_agent=False, identity_auth=False)
for _ in range(commands):
    output = client.run_command("true")
    client.join(output)
    assert all(host.exit_code == 0 for host in output)
