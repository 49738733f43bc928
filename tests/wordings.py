"""The same three how-tos in each language, and how people look for them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """Articles (title and text) by number, and queries with the number of the article they mean."""

    articles: dict[int, tuple[str, str]]
    forms: tuple[tuple[str, int], ...]  # words in a form that the article does not have
    accented: tuple[str, str, int]  # a word with its accents, without them, the article
    question: tuple[str, int]
    subject: set[str]  # what is left of the question without its frame, folded
    phrase: tuple[str, int]
    mistyped: tuple[str, int]
    marked: tuple[str, str, int]  # a word asked for, what is marked for it, where


WORDINGS = {
    "en": Wording(
        {
            1: (
                "Reset your password",
                "Open the sign-in page and choose Forgotten password. A link arrives in your mailbox.",
            ),
            2: (
                "Ask for time off",
                "Employees enter their days off in the staff portal. A manager approves each request"
                " before the end of the month.",
            ),
            3: (
                "Set up the printer",
                "Switch on the printer beside the café on the third floor and choose it in the"
                " network settings. Then print a test page.",
            ),
        },
        forms=(("requests", 2), ("printers", 3), ("employee", 2)),
        accented=("café", "cafe", 3),
        question=("How can I reset my password?", 1),
        subject={"reset", "password"},
        phrase=('"on the third floor"', 3),
        mistyped=("mailbxo", 1),
        marked=("setting", "settings", 3),
    ),
    "de": Wording(
        {
            1: (
                "Passwort zurücksetzen",
                "Öffnen Sie die Anmeldeseite und wählen Sie „Kennwort vergessen“. Der Schlüssel für"
                " die Anmeldung kommt in Ihr Postfach.",
            ),
            2: (
                "Urlaub beantragen",
                "Wer Überstunden abbauen will, trägt die freien Tage im Personalportal ein. Die"
                " Führungskraft genehmigt den Antrag bis zum Ende des Monats.",
            ),
            3: (
                "Drucker einrichten",
                "Schalten Sie den Drucker im dritten Stock ein und wählen Sie ihn in den"
                " Einstellungen aus. Danach drucken Sie eine Testseite.",
            ),
        },
        forms=(("Anträge", 2), ("Druckers", 3), ("Schlüsseln", 1), ("Ueberstunden", 2)),
        accented=("Überstunden", "Uberstunden", 2),
        question=("Wie kann ich mein Passwort zurücksetzen?", 1),
        subject={"passwort", "zurucksetzen"},
        phrase=('"im dritten Stock"', 3),
        mistyped=("Personalprotal", 2),
        marked=("Einstellung", "Einstellungen", 3),
    ),
    "fr": Wording(
        {
            1: (
                "Réinitialiser son mot de passe",
                "Ouvrez la page de connexion et cliquez sur « Mot de passe oublié ». Le message"
                " arrive dans votre messagerie professionnelle.",
            ),
            2: (
                "Demander des congés",
                "Les salariés saisissent leurs absences dans le portail du personnel. Le"
                " responsable valide la demande avant la fin du mois.",
            ),
            3: (
                "Installer l'imprimante du troisième étage",
                "Allumez l'imprimante couleur, puis choisissez-la dans les paramètres du réseau."
                " Imprimez enfin une page d’essai.",
            ),
        },
        forms=(("demandes", 2), ("imprimantes", 3), ("salarié", 2), ("essais", 3)),
        accented=("congés", "conges", 2),
        question=("Comment est-ce que je peux installer une imprimante ?", 3),
        subject={"installer", "imprimante"},
        phrase=('"imprimante couleur"', 3),
        mistyped=("messagrie", 1),
        marked=("imprimantes", "imprimante", 3),
    ),
    "es": Wording(
        {
            1: (
                "Restablecer la contraseña",
                "Abra la página de inicio de sesión y elija «He olvidado mi contraseña». Recibirá"
                " un enlace en su correo.",
            ),
            2: (
                "Solicitar vacaciones",
                "Los empleados anotan sus días libres en el portal de recursos humanos. La jefa"
                " aprueba cada solicitud antes de fin de mes.",
            ),
            3: (
                "Configurar la impresora",
                "Encienda la impresora del tercer piso y selecciónela en los ajustes de la red."
                " Después imprima una página de prueba.",
            ),
        },
        forms=(("solicitudes", 2), ("impresoras", 3), ("contraseñas", 1)),
        accented=("sesión", "sesion", 1),
        question=("¿Cómo puedo restablecer mi contraseña?", 1),
        subject={"restablecer", "contrasena"},
        phrase=('"del tercer piso"', 3),
        mistyped=("impresroa", 3),
        marked=("ajuste", "ajustes", 3),
    ),
    "pt": Wording(
        {
            1: (
                "Redefinir a senha",
                "Abra a página de início de sessão e escolha «Esqueci a senha». A ligação chega à"
                " sua caixa de correio.",
            ),
            2: (
                "Pedir férias",
                "Os funcionários registam os dias livres no portal de recursos humanos. A chefia"
                " aprova o pedido antes do fim do mês.",
            ),
            3: (
                "Instalar a impressora",
                "Ligue a impressora do terceiro andar e selecione-a nas definições da rede. As"
                " impressões a cores precisam de autorização.",
            ),
        },
        forms=(("pedidos", 2), ("impressoras", 3), ("sessões", 1), ("ligacoes", 1)),
        accented=("férias", "ferias", 2),
        question=("Como posso pedir as minhas férias?", 2),
        subject={"pedir", "ferias"},
        phrase=('"do terceiro andar"', 3),
        mistyped=("autorziação", 3),
        marked=("definição", "definições", 3),
    ),
    "it": Wording(
        {
            1: (
                "Reimpostare la password",
                "Aprite la pagina di accesso e scegliete «Password dimenticata». Il collegamento"
                " arriva nella vostra casella di posta.",
            ),
            2: (
                "Chiedere le ferie",
                "I dipendenti inseriscono i giorni liberi nel portale del personale. Il"
                " responsabile approva la richiesta dell'assenza entro la fine del mese.",
            ),
            3: (
                "Configurare la stampante",
                "Accendete la stampante dell’ufficio al terzo piano e sceglietela nelle"
                " impostazioni di rete. Anche la qualità della stampa si cambia lì.",
            ),
        },
        forms=(("richieste", 2), ("stampanti", 3), ("dipendente", 2), ("uffici", 3)),
        accented=("qualità", "qualita", 3),
        question=("Come posso chiedere le ferie?", 2),
        subject={"chiedere", "ferie"},
        phrase=('"ufficio al terzo piano"', 3),
        mistyped=("collegametno", 1),
        marked=("impostazione", "impostazioni", 3),
    ),
    "nl": Wording(
        {
            1: (
                "Wachtwoord opnieuw instellen",
                "Open de aanmeldpagina en kies ‘Wachtwoord vergeten’. De koppeling komt in uw"
                " postvak.",
            ),
            2: (
                "Verlof aanvragen",
                "Medewerkers en coördinatoren vullen hun vrije dagen in op de personeelspagina. De"
                " leidinggevende keurt de aanvraag goed voor het einde van de maand.",
            ),
            3: (
                "De printer installeren",
                "Zet de printer op de derde verdieping aan en kies hem bij de voorkeuren van het"
                " netwerk. Druk daarna een proefpagina af.",
            ),
        },
        forms=(("wachtwoorden", 1), ("printers", 3), ("medewerker", 2)),
        accented=("coördinatoren", "coordinatoren", 2),
        question=("Hoe kan ik mijn verlof aanvragen?", 2),
        subject={"verlof", "aanvragen"},
        phrase=('"op de derde verdieping"', 3),
        mistyped=("netwrek", 3),
        marked=("voorkeur", "voorkeuren", 3),
    ),
}

# Told and stemmed as well, and tried less: title, text, and a form of a word that is not in it.
OTHERS = {
    "da": (
        "Nulstil din adgangskode",
        "Åbn vinduet og vælg hvad der passer. Du får et link af os, og så kan du skrive en ny kode.",
        "adgangskoder",
    ),
    "sv": (
        "Återställ ditt lösenord",
        "Öppna sidan och välj vad som passar. Du får en länk och kan sedan skriva ett nytt.",
        "länkar",
    ),
    "no": (
        "Tilbakestill passordet ditt",
        "Åpne siden og velg hva som passer. Du får en lenke, og så kan du skrive et nytt passord.",
        "lenker",
    ),
    "fi": (
        "Vaihda salasana",
        "Avaa sivu ja valitse sopiva. Saat linkin, ja sen jälkeen voit kirjoittaa uuden salasanan."
        " Jos se ei toimi, niin kysy tuesta.",
        "salasanat",
    ),
}

# Without spaces between words, or with endings joined to them: title, text, words inside of runs.
SPACELESS = {
    "zh": (
        "如何重置密码",
        "打开登录页面，点击忘记密码，系统会向您的邮箱发送重置链接。",
        ("密码", "登录页面", "邮箱"),
    ),
    "ja": (
        "パスワードを変更する方法",
        "人事ポータルを開き、設定から新しいパスワードを入力します。",
        ("ポータル", "ﾎﾟｰﾀﾙ", "人事", "入力"),
    ),
    "ko": (
        "휴가 신청 방법",
        "인사 포털에서 휴가를 신청하고 팀장의 승인을 기다립니다.",
        ("휴가", "승인", "포털"),
    ),
    "other": (
        "วิธีเบิกค่าเดินทาง",
        "ส่งใบเสร็จให้ฝ่ายบัญชีภายในสิ้นเดือน",
        ("ใบเสร็จ", "ฝ่ายบัญชี"),
    ),
}
# Found by the very word: title, text, the word.
BY_THE_WORD = (
    ("Сброс пароля", "Откройте страницу входа и нажмите на ссылку.", "страницу"),
    ("إعادة تعيين كلمة المرور", "افتح صفحة تسجيل الدخول واختر الرابط.", "الرابط"),
    ("איפוס סיסמה", "פתחו את דף הכניסה ובחרו בקישור.", "הכניסה"),
    ("Επαναφορά κωδικού", "Ανοίξτε τη σελίδα σύνδεσης.", "σύνδεσης"),
)
