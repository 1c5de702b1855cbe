"""The system calls that a command in the cage may not make.

A second wall behind the namespaces: what is refused here is what kernel bugs have been reached
through, and what no build or test needs. It is no allow-list; ordinary programs run unchanged.
"""

import errno
import os

import pyseccomp

_REFUSED = """
acct add_key bpf chroot clock_adjtime clock_settime create_module delete_module fanotify_init
finit_module fsconfig fsmount fsopen fspick get_kernel_syms init_module io_uring_enter
io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie
mbind migrate_pages modify_ldt mount mount_setattr move_mount move_pages name_to_handle_at
nfsservctl open_by_handle_at open_tree perf_event_open personality pivot_root process_vm_readv
process_vm_writev ptrace query_module quotactl quotactl_fd reboot request_key set_mempolicy
setdomainname sethostname setns settimeofday swapoff swapon sysfs syslog umount umount2 unshare
uselib userfaultfd ustat vhangup vm86 vm86old
""".split()  # noqa: SIM905 - seventy names are read more easily as a paragraph.

_NEW_NAMESPACES = (
    0x00020000,
    0x02000000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
_SOCKET_FAMILIES = frozenset({1, 2, 10, 16})
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: the network is empty, but programs ask for interfaces."""
_FAMILIES = 46
_TERMINAL_INJECTION = (
    0x5412,
    0x541C,
)  # TIOCSTI and TIOCLINUX type into the terminal of somebody else.
_SET_ID_BITS = (0o4000, 0o2000)
_MODE_ARGUMENT = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2}


def compile_filter() -> bytes:
    """Build the filter, in about 5 ms; returns the program as bubblewrap's `--seccomp` reads it."""
    program = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # A 32-bit call would slip past rules written for this architecture.
    program.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for name in _REFUSED:
        _add(program, refuse, name)
    _refuse_namespaces(program, refuse)
    _refuse_sockets(program)
    for request in _TERMINAL_INJECTION:
        program.add_rule(
            refuse, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request)
        )
    for name, argument in _MODE_ARGUMENT.items():
        for bit in _SET_ID_BITS:
            _add(program, refuse, name, pyseccomp.Arg(argument, pyseccomp.MASKED_EQ, bit, bit))
    return _export(program)


def _add(program: pyseccomp.SyscallFilter, action: int, name: str, *arguments: object) -> None:
    try:
        program.add_rule(action, name, *arguments)
    except (ValueError, OSError):
        # libseccomp does not know the name: this architecture never had the call, or it is newer
        # than the library.
        if _resolves(name):
            raise


def _resolves(name: str) -> bool:
    return bool(pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) >= 0)


def _refuse_namespaces(program: pyseccomp.SyscallFilter, refuse: int) -> None:
    # The flags of clone3 lie in memory, out of a filter's sight; told ENOSYS, libc falls back to
    # clone.
    program.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for flag in _NEW_NAMESPACES:
        program.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))


def _refuse_sockets(program: pyseccomp.SyscallFilter) -> None:
    unsupported = pyseccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in range(_FAMILIES):
        if family not in _SOCKET_FAMILIES:
            program.add_rule(unsupported, "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    program.add_rule(unsupported, "socket", pyseccomp.Arg(0, pyseccomp.GE, _FAMILIES))


def _export(program: pyseccomp.SyscallFilter) -> bytes:
    descriptor = os.memfd_create("seccomp", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "w+b") as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()
