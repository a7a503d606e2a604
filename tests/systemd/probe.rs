//! Tries what the sandbox of the unit forbids, and says of each try whether it was allowed. It runs twice: in the
//! sandbox, where all must be denied, and outside of it, where all must be allowed: a try that fails there too would
//! prove nothing. No crates, so that rustc alone makes it.
use std::ffi::CString;
use std::{fs, io, ptr};

unsafe extern "C" {
    fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
    fn mmap(at: *mut u8, length: usize, protection: i32, flags: i32, file: i32, offset: i64) -> *mut u8;
    fn personality(persona: u64) -> i32;
    fn sethostname(name: *const i8, length: usize) -> i32;
    fn syscall(number: i64, ...) -> i64;
    fn chmod(path: *const i8, mode: u32) -> i32;
    fn setpriority(which: i32, who: u32, priority: i32) -> i32;
}

fn say(what: &str, allowed: bool) {
    let error = io::Error::last_os_error();
    println!("probe {what}: {}", if allowed { "ALLOWED".to_owned() } else { format!("denied ({error})") });
}

fn writes(path: &str) {
    let written = fs::write(path, "x");
    say(&format!("write {path}"), written.is_ok());
    if written.is_ok() {
        let _ = fs::remove_file(path);
    }
}

fn main() {
    for path in ["/etc/probe", "/usr/probe", "/var/lib/probe", "/boot/probe"] {
        writes(path);
    }
    say("look into /home", fs::read_dir("/home").is_ok_and(|entries| entries.count() > 0));
    say("read /etc/shadow", fs::read("/etc/shadow").is_ok());
    say("read /etc/coverd/smtp-password", fs::read("/etc/coverd/smtp-password").is_ok());
    say("see another process", fs::read_dir("/proc").is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_str() == Some("1"))
    }) && fs::read_to_string("/proc/1/comm").is_ok());
    say("see a device", fs::metadata("/dev/console").is_ok());
    say("write a setting of the kernel", fs::write("/proc/sys/kernel/domainname", "x").is_ok());
    // SAFETY: each call takes plain numbers or a pointer to something that lives through it.
    unsafe {
        say("socket AF_NETLINK", socket(16, 3, 0) >= 0);
        say("socket AF_PACKET", socket(17, 3, 0) >= 0);
        let page = mmap(ptr::null_mut(), 4096, 7, 0x22, -1, 0);
        say("memory to write and run", page as isize != -1);
        say("another personality", personality(8) >= 0);
        personality(0);
        let name = CString::new("evil").unwrap();
        say("set the host's name", sethostname(name.as_ptr(), 4) >= 0);
        say("a namespace of users", syscall(272, 0x1000_0000_i64) >= 0);
        say("a namespace of mounts", syscall(272, 0x2_0000_i64) >= 0);
        say("a higher priority", setpriority(0, 0, -5) >= 0);
        let folder = std::env::var("STATE_DIRECTORY").unwrap_or_else(|_| "/tmp".to_owned());
        let file = format!("{folder}/probe");
        let _ = fs::write(&file, "x");
        let path = CString::new(file.clone()).unwrap();
        say("a set-user-ID file", chmod(path.as_ptr(), 0o4755) >= 0);
        let _ = fs::remove_file(file);
    }
}
