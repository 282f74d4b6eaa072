"""asyncssh: connects to so many hosts, 50 at a time, and runs `true` so often on each."""
import asyncio
import getpass
import sys

import asyncssh

directory, hosts, commands = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
names = open(f"{directory}/hosts").read().split()[:hosts]
gate = asyncio.Semaphore(50)


async def work(host):
    async with gate:
        async with asyncssh.connect(host, 22022, username=getpass.getuser(), client_keys=[f"{directory}/id_ed25519"],
                                    known_hosts=f"{directory}/known_hosts", agent_path=None, config=None) as connection:
            for _ in range(commands):
                await connection.run("true", check=True)


async def main():
    await asyncio.gather(*(work(host) for host in names))


asyncio.run(main())
