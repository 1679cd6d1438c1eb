/** What a conversation may be held in; in `multi` one speaker speaks English, the other Spanish. */
export type Language = "en" | "es" | "ja" | "zh" | "ar" | "multi";

type Script = {
  /** Invented calls; the lines of each alternate between two speakers, beginning with who answers. */
  calls: readonly (readonly string[])[];
  /** What may stand for `{name}`, `{day}` and `{thing}`. */
  slots: Record<string, readonly string[]>;
  /** What stands between two words. */
  joiner: "" | " ";
};

/**
 * Words are separated by spaces in every language, `joiner` tells how they are shown. `a_b=C_D` is
 * spoken "a b" and written "C D" by smart formatting.
 */
export const SCRIPTS: Record<Language, Script> = {
  multi: {
    joiner: " ",
    slots: { day: ["Wednesday", "Saturday"], name: ["Elena Robles", "Diego Santos"] },
    calls: [
      [
        "Harbour Lane Clinic, good afternoon. Can I take your name?",
        "Buenas tardes, soy {name}. Mi hija tiene cita, pero no podemos llegar a tiempo.",
        "No problem at all. Would {day} at ten=10 be easier for you?",
        "Sí, mucho mejor. ¿Tenemos que traer algo?",
        "Only her vaccination card. We will see you both then.",
        "Muchísimas gracias, hasta pronto.",
      ],
    ],
  },
  en: {
    joiner: " ",
    slots: {
      name: ["Priya Raman", "Tom Ashby", "Lucía Ferrer", "Grace Okafor", "Ned Halloran"],
      day: ["Monday", "Tuesday", "Thursday", "Friday"],
      thing: ["peonies", "white lilies", "sunflowers", "blue hydrangeas"],
    },
    calls: [
      [
        "Good morning, Harbour Lane Clinic. How can I help you?",
        "Hi, this is {name}. I've had a sore throat since {day} and it isn't getting better.",
        "I'm sorry to hear that. Do you have a fever, or any trouble swallowing?",
        "A little. It was a_hundred_and_one=101 last night, and I can't eat anything solid.",
        "Then we should see you soon. Doctor Whitfield is free at three_thirty_p_m=3:30_PM today.",
        "That works. Should I bring anything with me?",
        "Just your insurance card, and a list of the medicines you're taking.",
        "I'm only taking ibuprofen. It's four_hundred=400 milligrams, twice a day.",
        "Thank you. Could I have a number in case we need to reach you?",
        "Sure, it's five_five_five_zero_one_four_two=555_0142. You can leave a message.",
        "Perfect. Please come ten minutes early, there is a short form to fill in.",
        "I will. Thanks so much for fitting me in.",
      ],
      [
        "Fenwick Flowers, this is Dana speaking. What can I do for you?",
        "Hello! I'd like to send a bouquet to my sister. Her birthday is on {day}.",
        "How lovely. Do you have something in mind, or shall I suggest a few?",
        "She adores {thing}, so as many of those as you can manage.",
        "We have them fresh. A large bouquet is sixty_five_dollars=$65, with delivery included.",
        "That's fine. Can it arrive before she leaves for work?",
        "Our first round goes out at eight_a_m=8_AM. Would that be early enough?",
        "Just about. The name is {name}, and the house is the one with the green door.",
        "Green door, got it. And what should we write on the card?",
        "Write, happy birthday, from the two of us and the dog.",
        "I'll make sure the dog is mentioned. Is there anything else?",
        "No, that's everything. You've been very kind.",
      ],
    ],
  },
  es: {
    joiner: " ",
    slots: {
      name: ["Marta Ibáñez", "Julián Peña", "Rocío Muñoz"],
      day: ["lunes", "miércoles", "sábado"],
      thing: ["el jarabe", "la crema", "las gotas"],
    },
    calls: [
      [
        "Farmacia del Puente, buenos días. ¿En qué puedo ayudarle?",
        "Buenos días, soy {name}. Quería saber si ya puedo pasar por {thing} que encargué.",
        "Un momento, por favor. Sí, el pedido llegó ayer por la tarde.",
        "¡Qué bien! ¿Está abierto el {day}?",
        "Claro que sí. Abrimos a las nueve=9 y no cerramos al mediodía.",
        "Perfecto. ¿Cuánto le debo en total?",
        "Son catorce_euros=14_€ con la receta. Recuerde traer su tarjeta sanitaria.",
        "La llevo siempre conmigo. Muchas gracias por avisarme.",
      ],
    ],
  },
  ja: {
    joiner: "",
    slots: {
      name: ["佐藤", "中村", "小林"],
      day: ["月曜日", "木曜日", "土曜日"],
      thing: ["カット", "カラー", "パーマ"],
    },
    calls: [
      [
        "お 電話 ありがとう ございます 。 みなと 美容室 です 。",
        "もしもし 、 {name} と 申します 。 {day} に {thing} の 予約 を したい の です が 。",
        "{day} です ね 。 午後 二時=2時 なら 空いて います 。",
        "では 、 その 時間 で お願い します 。",
        "担当 の 希望 は ございます か ？",
        "前回 と 同じ 方 に お願い できます か ？",
        "かしこまりました 。 お 待ち して おります 。",
        "ありがとう ございます 。 よろしく お願い します 。",
      ],
    ],
  },
  zh: {
    joiner: "",
    slots: {
      name: ["王敏", "李伟", "陈晨"],
      day: ["星期三", "星期五", "星期天"],
      thing: ["靠窗 的 桌子", "安静 的 包间"],
    },
    calls: [
      [
        "您好 ， 这里 是 江边 小馆 。 请问 有 什么 可以 帮 您 ？",
        "你好 ， 我 想 订 {day} 晚上 的 位子 ， 一共 六个=6个 人 。",
        "好 的 ， 请问 贵姓 ？",
        "我 叫 {name} 。 最好 是 {thing} 。",
        "没 问题 ， 七点=7点 可以 吗 ？",
        "可以 。 我们 有 一 位 老人 ， 菜 请 做 得 清淡 一点 。",
        "明白 了 ， 我 会 告诉 厨房 。",
        "谢谢 你 ， 到 时候 见 。",
      ],
    ],
  },
  ar: {
    joiner: " ",
    slots: {
      name: ["سلمى حداد", "كريم منصور", "ليلى عزام"],
      day: ["الأحد", "الثلاثاء", "الخميس"],
      thing: ["تنظيف الأسنان", "فحص النظر"],
    },
    calls: [
      [
        "عيادة النخيل، صباح الخير. كيف أستطيع مساعدتك؟",
        "صباح النور. معك {name}، أريد موعدا من أجل {thing}.",
        "أهلا وسهلا. هل يناسبك يوم {day} بعد الظهر؟",
        "نعم، يناسبني جدا. في أي ساعة؟",
        "عندنا مكان في الساعة الرابعة=4. هل زرتنا من قبل؟",
        "زرتكم مرة واحدة في الشتاء الماضي.",
        "ممتاز، ملفك عندنا. نراك إن شاء الله.",
        "شكرا جزيلا، إلى اللقاء.",
      ],
    ],
  },
};
