# Starts Deputy and plays its main job: a few commands of the CLI, a service, agents, each a process of its own.
import argparse
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

from delegation import the_chain, the_consent, the_family, the_kill_switch, the_proof
from own_token import main_job, set_the_scene, the_audit, the_end_of_it
from stage import Stage
from telling import fail, heading, paint


def play(stage):
    agent = set_the_scene(stage)
    token, claims = main_job(stage)
    the_audit(stage, claims)
    the_end_of_it(stage, agent, token)
    the_family(stage)
    tokens = the_chain(stage, *the_consent(stage))
    the_kill_switch(stage, tokens)
    the_proof(stage)


def port_to_use(wanted):
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                if port == 0:
                    raise
                print(f"port {wanted} is taken; another is used")
                continue
            return probe.getsockname()[1]


def wait_for_the_end(stage, server):
    print(f"\n{paint('1', 'Deputy is running')} at {stage.issuer}; its log is {stage.log}")
    if "DEPUTY_CLIENT_ID" in stage.environment:
        print("In another terminal, as the administrator:")
        for name in ("DEPUTY_SERVER", "DEPUTY_CLIENT_ID", "DEPUTY_CLIENT_SECRET_FILE"):
            print(f"  export {name}={stage.environment[name]}")
        print(f"  {stage.deputy} agent list")
    print("Ctrl-C stops it.", flush=True)
    server.wait()
    fail(f"the server ended with {server.returncode}; see {stage.log}")


def arguments():
    parser = argparse.ArgumentParser(prog="./run", description="Serves Deputy and plays its demo.")
    parser.add_argument("--deputy", default="build/release/deputy", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help="the data directory; build/demo, emptied, if not named")
    parser.add_argument("--port", type=int, default=8440)
    parser.add_argument("--no-demo", action="store_true", help="only serve")
    return parser.parse_args()


def main():
    asked = arguments()
    data = asked.data or Path("build/demo")
    stage = Stage(asked.deputy, data, port_to_use(asked.port))
    if asked.data is None and not asked.no_demo:
        for old in (stage.data, stage.home):
            shutil.rmtree(old, ignore_errors=True)
    there = stage.data.exists() and any(stage.data.iterdir())
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if not there:
            stage.init()
        server, took = stage.serve()
        stage.sign_in()
        print(
            f"{paint('1', 'deputy serve')} is ready after {took:.0f} ms, on the embedded store in {stage.data}"
        )
        if there and not asked.no_demo:
            print(
                "The demo is played on an empty data directory only; this one holds something and is served as it is."
            )
        elif not asked.no_demo:
            play(stage)
            print(f"\nAll of it as promised, in {time.monotonic() - begin:.1f} s.")
        if asked.no_demo or there or (sys.stdin.isatty() and sys.stdout.isatty()):
            wait_for_the_end(stage, server)
    except KeyboardInterrupt:
        print()
    finally:
        stage.end()


if __name__ == "__main__":
    main()
