// The settings page, with what a member can use: data saving, keys of encrypted talks, leaving.
import { KeyBackupSettingsView, LogoutViewModel, LoginView, SettingsView } from "hydrogen-view-sdk";
import { isSaving, setSaving } from "./media.js";

export function dressSettings({ portal }) {
  SettingsView.prototype.render = renderSettings;
  const { logout } = LogoutViewModel.prototype;
  LogoutViewModel.prototype.logout = async function () {
    await logout.call(this);
    if (!this._error) {
      location.assign(portal);
    }
  };
  const { render } = LoginView.prototype;
  LoginView.prototype.render = function (t, vm) {
    const screen = render.call(this, t, vm);
    screen.append(t.a({ className: "button-action secondary", href: portal }, "Buka lewat Komunitas Saya"));
    return screen;
  };
}

function renderSettings(t, vm) {
  const { portal } = vm.platform.config;
  return t.main({ className: "Settings middle" }, [
    t.div({ className: "middle-header" }, [
      t.a({ className: "button-utility close-middle", href: vm.closeUrl, title: "Kembali ke daftar", "aria-label": "Kembali ke daftar" }),
      t.h2({ role: "heading", "aria-level": "1" }, "Pengaturan"),
    ]),
    t.div({ className: "SettingsBody" }, [
      t.h2("Hemat data"),
      saving(t),
      t.h2("Pesan terenkripsi"),
      t.details([t.el("summary", "Buka pesan terenkripsi yang lama"), t.view(new KeyBackupSettingsView(vm.keyBackupViewModel))]),
      t.h2("Akun"),
      t.p(["Nama dan kata sandi diubah di ", t.a({ href: portal }, "Komunitas Saya"), "."]),
      t.p({ className: "small" }, ["Alamat Matrix Anda: ", t.span(vm.userId)]),
      t.div({ className: "button-row" }, [
        t.button({ className: "button-action primary destructive", onClick: () => vm.logout() }, "Keluar dari obrolan"),
      ]),
      t.p({ className: "small" }, `Dibuat dengan Hydrogen ${vm.platform.version} (Apache-2.0).`),
    ]),
  ]);
}

function saving(t) {
  return t.label({ className: "Switch" }, [
    t.input({ type: "checkbox", checked: isSaving(), onChange: ({ target }) => setSaving(target.checked) }),
    t.span("Foto dan video dimuat hanya saat diketuk"),
  ]);
}
