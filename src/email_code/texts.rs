//! What the mail with a code says, in the languages that there are; English stands in for others.
//!
//! No link is in it: whoever gets such a mail with one in it may know that it is not ours.

use super::types::Code;
use crate::account::Language;

/// How a language says it; `{code}` and `{minutes}` are put in.
struct Text {
    language: &'static str,
    subject: &'static str,
    body: &'static str,
}

const TEXTS: &[Text] = &[
    Text {
        language: "en",
        subject: "Your Scrabble code",
        body: "Your code: {code}\n\nEnter it where you asked for it, within {minutes} minutes. \
               It works once.\n\nNever tell it to anybody: we don't ask for it. \
               If it wasn't you who asked, you can ignore this mail.\n",
    },
    Text {
        language: "de",
        subject: "Ihr Scrabble-Code",
        body: "Ihr Code: {code}\n\nGeben Sie ihn innerhalb von {minutes} Minuten dort ein, wo Sie \
               ihn angefordert haben. Er gilt nur einmal.\n\nVerraten Sie ihn niemandem: Wir fragen \
               nicht danach. Wenn Sie ihn nicht angefordert haben, können Sie diese E-Mail \
               ignorieren.\n",
    },
    Text {
        language: "ru",
        subject: "Ваш код для Scrabble",
        body: "Ваш код: {code}\n\nВведите его там, где вы его запросили, в течение {minutes} минут. \
               Он действует один раз.\n\nНикому его не сообщайте: мы его не спрашиваем. \
               Если вы его не запрашивали, не обращайте внимания на это письмо.\n",
    },
    Text {
        language: "fr",
        subject: "Votre code Scrabble",
        body: "Votre code : {code}\n\nSaisissez-le là où vous l’avez demandé, dans les {minutes} \
               minutes. Il ne sert qu’une fois.\n\nNe le communiquez à personne : nous ne le \
               demandons jamais. Si vous ne l’avez pas demandé, ignorez ce message.\n",
    },
    Text {
        language: "es",
        subject: "Su código de Scrabble",
        body: "Su código: {code}\n\nIntrodúzcalo donde lo ha solicitado en los próximos {minutes} \
               minutos. Sirve una sola vez.\n\nNo se lo diga a nadie: nosotros no lo pedimos. \
               Si no lo ha solicitado, puede ignorar este mensaje.\n",
    },
];

/// Subject and body of the mail.
pub(super) fn mail_text(language: &Language, code: &Code, minutes: u64) -> (String, String) {
    let primary = language.as_str().split('-').next().unwrap_or_default();
    let text = TEXTS.iter().find(|text| text.language == primary).unwrap_or(&TEXTS[0]);
    let body = text.body.replace("{code}", code.expose());
    (text.subject.to_owned(), body.replace("{minutes}", &minutes.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_the_code_and_its_time_and_no_link() {
        for text in TEXTS {
            let language = text.language.parse().unwrap();
            let (subject, body) = mail_text(&language, &"123456".parse().unwrap(), 10);
            assert_eq!(subject, text.subject);
            assert!(body.contains("123456") && body.contains("10 "), "{body}");
            for part in ["{", "}", "http", "www", "\r", "  "] {
                assert!(!body.contains(part), "{part:?} in {body}");
            }
        }
    }

    #[test]
    fn a_language_without_a_text_gets_english_and_a_region_that_of_its_language() {
        let subject = |language: &str| {
            mail_text(&language.parse().unwrap(), &"123456".parse().unwrap(), 10).0
        };
        assert_eq!(subject("de-AT"), "Ihr Scrabble-Code");
        assert_eq!(subject("tlh"), "Your Scrabble code");
    }
}
